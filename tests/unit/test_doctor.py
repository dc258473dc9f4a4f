"""The doctor's diagnoses: pure functions of what was seen of a machine."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.doctor import DIAGNOSES, Machine, examine, look
from seatrial.extras import EXTRAS
from seatrial.results import RunVerdict, Verdict, judge
from seatrial.system.processes import folders_left, scratch_folder

HEALTHY = Machine(
    python=(3, 12, 1),
    system="Linux x86_64",
    env={},
    missing=dict.fromkeys(EXTRAS, ()),
    valkey="Valkey server v=9",
    toxiproxy_running="",
    toxiproxy_program="/bin/toxiproxy-server",
    go="/bin/go",
    taken=(),
    open_files=1024,
    temp=("/scratch", ""),
    free_mb=1000,
    left=(),
    config="",
)


def said(name: str, machine: Machine) -> tuple[Verdict, str]:
    """The verdict and the sentence of one diagnosis."""
    finding = DIAGNOSES[name](machine)
    return finding.verdict, finding.sentence


def test_a_healthy_machine_passes_whole() -> None:
    checks = examine(HEALTHY)
    assert {check.verdict for check in checks} == {Verdict.PASSED}
    assert [check.id for check in checks] == [f"doctor.{name}" for name in DIAGNOSES]


@pytest.mark.parametrize(
    ("name", "change", "fix"),
    [
        ("python", {"python": (3, 10, 9)}, "3.10.9 is too old; install 3.11 or newer"),
        ("valkey", {"valkey": ""}, "set REDIS_URL instead"),
        ("fault-engine", {"toxiproxy_running": "! nobody answers"}, "nobody answers"),
        ("open-files", {"open_files": 256}, "ulimit -n 1024"),
        ("temporary-files", {"temp": ("/full", "No space left")}, "TMPDIR"),
        ("temporary-files", {"free_mb": 3}, "has 3 MB left"),
        ("left-overs", {"left": ["/var/seatrial-1-x"]}, "rm -r /var/seatrial-1-x"),
        ("configuration", {"config": "seatrial.toml:3: seed: wrong"}, "seatrial.toml:3"),
    ],
)
def test_what_stands_in_the_way_fails_with_its_mend(
    name: str, change: Mapping[str, object], fix: str
) -> None:
    machine = replace(HEALTHY, **change)  # type: ignore[arg-type]
    verdict, sentence = said(name, machine)
    assert verdict is Verdict.FAILED
    assert fix in sentence
    assert judge(examine(machine)) is RunVerdict.FAILED


def test_an_extra_that_is_not_installed_is_only_told() -> None:
    machine = replace(HEALTHY, missing={**HEALTHY.missing, "load": ["locust"]})
    verdict, sentence = said("extra-load", machine)
    assert verdict is Verdict.SKIPPED
    assert "lacks locust; pip install 'seatrial[load]'" in sentence


@pytest.mark.parametrize(
    ("env", "verdict"),
    [
        ({"HTTP_PROXY": "http://proxy:1"}, Verdict.FAILED),
        ({"all_proxy": "http://proxy:1", "NO_PROXY": "example.com"}, Verdict.FAILED),
        ({"HTTP_PROXY": ""}, Verdict.PASSED),
        ({"HTTP_PROXY": "http://proxy:1", "no_proxy": "localhost, 127.0.0.1"}, Verdict.PASSED),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "*"}, Verdict.PASSED),
    ],
)
def test_a_proxy_variable_must_leave_loopback_alone(
    env: Mapping[str, str], verdict: Verdict
) -> None:
    assert said("loopback", replace(HEALTHY, env=env))[0] is verdict


def test_without_toxiproxy_the_embedded_engine_serves_and_go_decides_the_advice() -> None:
    bare = replace(HEALTHY, toxiproxy_program="")
    assert "make toxiproxy" in said("fault-engine", bare)[1]
    without_go = said("fault-engine", replace(bare, go=""))
    assert without_go[0] is Verdict.PASSED
    assert "no Go" in without_go[1]


def test_a_taken_port_is_named_with_what_usually_has_it() -> None:
    assert "8089, usually Locust's page" in said("ports", replace(HEALTHY, taken=[8089]))[1]


def test_a_folder_without_configuration_is_told_how_to_get_one(tmp_path: Path) -> None:
    assert "seatrial init" in said("configuration", replace(HEALTHY, config=None))[1]
    assert look(tmp_path).config is None


def test_a_wrong_configuration_is_seen(tmp_path: Path) -> None:
    (tmp_path / "seatrial.toml").write_text("srvices = 1\n")
    assert "did you mean 'services'" in str(look(tmp_path).config)


def test_folders_of_dead_processes_are_left_overs_and_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "seatrial-999999999-x").mkdir()
    (tmp_path / f"seatrial-{os.getpid()}-x").mkdir()
    (tmp_path / "seatrial-notes").mkdir()
    (tmp_path / "seatrial-0.1.0-py3").mkdir()
    (tmp_path / "seatrial-999999999-y").write_text("a file")
    assert [path.name for path in folders_left()] == ["seatrial-999999999-x"]


def test_what_a_killed_run_without_processes_has_left_goes_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    session = tmp_path / "seatrial-999999999-x"  # its watcher may be about to end its processes
    for left in (session, tmp_path / "seatrial-999999999-scratch_x"):
        left.mkdir()
    with scratch_folder() as own:
        assert sorted(tmp_path.iterdir()) == sorted([session, own])
    assert list(tmp_path.iterdir()) == [session]
