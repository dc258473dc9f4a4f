"""The lines that services printed around a moment."""

from dataclasses import dataclass, field
from pathlib import Path

from seatrial.testbed import ServiceLogs


@dataclass
class _Clock:
    """A clock that is set."""

    at_s: float = 0.0
    slept: list[float] = field(default_factory=list)

    def now_s(self) -> float:
        """Return the time."""
        return self.at_s

    async def sleep(self, seconds: float) -> None:
        """Note the wait."""
        self.slept.append(seconds)


def _printed(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def _logs(tmp_path: Path) -> tuple[ServiceLogs, Path]:
    """Three moments, a second apart, with a line between each."""
    path, clock = tmp_path / "shop.log", _Clock()
    logs = ServiceLogs({"shop": lambda: path, "elsewhere": lambda: None}, clock)
    _printed(path, "listening\n")
    for line in ("first\n", "second\n", "third\n"):
        logs.mark()
        clock.at_s += 1
        _printed(path, line)
    logs.mark()
    return logs, path


def test_only_the_lines_of_that_moment_are_shown(tmp_path: Path) -> None:
    logs, _ = _logs(tmp_path)
    assert logs.around(1.0, 1.9) == {"shop printed meanwhile": "second"}


def test_what_comes_after_the_last_mark_belongs_to_the_last_moment(tmp_path: Path) -> None:
    logs, path = _logs(tmp_path)
    _printed(path, "late\n")
    assert logs.around(3.0, 3.5) == {"shop printed meanwhile": "late"}


def test_a_service_that_was_silent_says_so_and_shows_what_it_said_before(tmp_path: Path) -> None:
    logs, _ = _logs(tmp_path)
    logs.mark()
    assert logs.around(3.0, 3.0) == {
        "shop printed nothing meanwhile, and last before": "listening\nfirst\nsecond\nthird"
    }


def test_a_process_that_was_started_again_has_another_file(tmp_path: Path) -> None:
    paths = [tmp_path / "1.log", tmp_path / "2.log"]
    clock = _Clock()
    now = [paths[0]]
    logs = ServiceLogs({"shop": lambda: now[0]}, clock)
    _printed(paths[0], "a long first life\n")
    logs.mark()
    now[0] = paths[1]
    _printed(paths[1], "again\n")
    clock.at_s = 1.0
    logs.mark()
    assert logs.around(0.0, 0.5) == {"shop printed meanwhile": "again"}


def test_nobody_knows_what_a_service_printed_that_runs_elsewhere(tmp_path: Path) -> None:
    assert ServiceLogs({"shop": lambda: None}, _Clock()).around(0, 1) == {}
