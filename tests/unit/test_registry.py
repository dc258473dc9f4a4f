"""Things by name, each registered where it is defined, also by a plugin."""

import sys
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.plugins import arguments, load_plugins
from seatrial.registry import Registry


def one() -> None: ...
def other() -> None: ...


def test_what_is_registered_is_found_by_its_name_sorted() -> None:
    registry: Registry[object] = Registry("fault")
    registry.register("slow", one)
    assert registry.register("down", other) is other
    assert list(registry) == ["down", "slow"]
    assert registry.find("slow") is one


def test_a_name_is_taken_once() -> None:
    registry: Registry[object] = Registry("fault")
    registry.register("down", one)
    registry.register("down", one)
    with pytest.raises(UsageError, match=r"two faults are called 'down', in .*test_registry"):
        registry.register("down", other)


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    registry: Registry[object] = Registry("fault")
    registry.register("down", one)
    with pytest.raises(UsageError, match="no fault 'donw'; did you mean 'down'"):
        registry.find("donw")
    with pytest.raises(UsageError, match="no fault 'zzz'; there is: down"):
        registry.find("zzz")


def test_a_plugin_is_imported_from_the_folder_and_passed_on_to_our_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("seatrial.plugins._loaded", {})
    (tmp_path / "our_own_faults.py").write_text("LOADED = True\n")
    load_plugins(["our_own_faults"], tmp_path)
    assert sys.modules.pop("our_own_faults").LOADED
    assert arguments() == ["--plugin", f"{tmp_path}:our_own_faults"]
    monkeypatch.setattr("seatrial.plugins._loaded", {})
    monkeypatch.setattr(sys, "path", [*sys.path[:-1]])
    load_plugins(arguments_of_a_child := [f"{tmp_path}:our_own_faults"])
    assert sys.modules.pop("our_own_faults").LOADED
    assert arguments() == ["--plugin", *arguments_of_a_child]


def test_a_plugin_that_cannot_be_imported_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"plugin 'not_there' can't be imported: ModuleNotFound"):
        load_plugins(["not_there"], tmp_path)
