"""A toxic of a user's own: a module in a folder of theirs, imported by the engine's process."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial import plugins
from seatrial.faults.engine.toxics import TOXICS
from seatrial.faults.select import start_embedded
from seatrial.system import Session

from .wire import Api, wired

MODULE = "toxics_of_a_test"
SHOUT = '''
from dataclasses import dataclass

from seatrial.faults.engine.toxics import Data, Flow, Receiver, Stage, Toxic, toxic


@toxic("shout")
@dataclass(frozen=True)
class Shout(Toxic):
    """Send capitals, and a mark after each piece."""

    mark: str = "!"
    quietly: bool = False

    def stage(self, flow: Flow, following: Receiver, memory: dict[str, int]) -> Stage:
        return _Capitals(self, flow, following)


class _Capitals(Stage):
    def __init__(self, toxic: Shout, flow: Flow, following: Receiver) -> None:
        super().__init__(flow, following)
        self._toxic = toxic

    def push(self, data: Data, stamp_s: float) -> None:
        said = bytes(data) if self._toxic.quietly else bytes(data).upper()
        self.following.push(said + self._toxic.mark.encode(), stamp_s)
'''
COMMAND = [sys.executable, "-m", "seatrial.faults.engine"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with the plugin; what this process imports of it is forgotten."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(plugins, "_loaded", {})
    monkeypatch.setattr(TOXICS, "_things", {**TOXICS})
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    (tmp_path / f"{MODULE}.py").write_text(SHOUT)
    return tmp_path


def test_a_plugins_toxic_works_as_the_engines_own(folder: Path) -> None:
    plugins.load_plugins([MODULE], folder)
    with Session() as session, wired(Api(start_embedded(session).url), "plugged") as wire:
        made = wire.toxic("shout", name="loud", mark="?").json
        assert made["attributes"] == {"mark": "?", "quietly": False}
        client, server = wire.connect()
        server.send(b"hello")
        assert client.read(6) == b"HELLO?"
        wire.change("loud", quietly=True)
        server.send(b"hello")
        assert client.read(6) == b"hello?"
        body = {"type": "shout", "attributes": {"mark": 1}}
        status, message = wire.api("POST", f"{wire.path}/toxics", body).error
        assert (status, "Shout.attributes.mark of type string" in message) == (400, True)


def test_the_toxic_of_the_guide_works(folder: Path) -> None:
    """The page's own lines, letter by letter."""
    page = (Path(__file__).parents[3] / "docs/how-to/fault.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (block,) = (block for block in blocks if "@toxic" in block)
    (folder / f"{MODULE}.py").write_text(block)
    plugins.load_plugins([MODULE], folder)
    with Session() as session, wired(Api(start_embedded(session).url), "guided") as wire:
        wire.toxic("shout")
        client, server = wire.connect()
        server.send(b"hello")
        assert client.read(5) == b"HELLO"


def _refused(*words: str, cwd: Path) -> str:
    """Return what the engine says when it ends with status 2; its usage left out."""
    ended = subprocess.run(
        [*COMMAND, *words], cwd=cwd, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


def test_a_plugin_that_cannot_be_imported_is_a_sentence(folder: Path) -> None:
    said = _refused("--plugin", "not_there", cwd=folder)
    assert "the plugin 'not_there' can't be imported: ModuleNotFoundError" in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('"shout"', '"latency"'), "two toxics are called 'latency'"),
        (("@dataclass(frozen=True)\n", ""), "put @dataclass(frozen=True) below @toxic"),
        (('mark: str = "!"', 'mark: bytes = b"!"'), "mark must be an int, float, str or bool"),
        (('mark: str = "!"', "mark: str"), "mark needs a default"),
    ],
)
def test_a_toxic_that_cannot_be_served_is_a_sentence(
    folder: Path, change: tuple[str, str], sentence: str
) -> None:
    (folder / f"{MODULE}.py").write_text(SHOUT.replace(*change))
    assert sentence in _refused("--plugin", MODULE, cwd=folder)
