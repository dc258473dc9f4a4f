"""The watcher of a folder removes it, whoever still writes into it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.system import supervisor


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """Keep this process's own handlers."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_what_is_written_while_a_folder_is_removed_goes_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "seatrial-1-x"
    folder.mkdir()
    late = ["late.pem"]

    def remove(path: str, **_: object) -> None:
        if late:
            (folder / late.pop()).touch()
            return
        for file in Path(path).iterdir():
            file.unlink()
        Path(path).rmdir()

    monkeypatch.setattr("seatrial.system.supervisor.shutil.rmtree", remove)
    monkeypatch.setattr("seatrial.system.supervisor.time.sleep", lambda _: None)
    (starter, starter_end), (alive, alive_end) = os.pipe(), os.pipe()
    os.close(starter_end)
    os.close(alive_end)
    supervisor.clean(starter, alive, str(folder))
    assert not folder.exists()
