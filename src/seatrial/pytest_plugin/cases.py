"""Cases that `seatrial explore` kept are tests: chaos/cases/*.json, next to a seatrial.toml."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from seatrial.explore import JourneyRunner, KeptCase

_FOLDER = ("chaos", "cases")
_SYSTEMS = pytest.StashKey["Systems"]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Take the files of cases."""
    if file_path.suffix != ".json" or file_path.parts[-3:-1] != _FOLDER:
        return None
    return CaseCollector.from_parent(parent, path=file_path)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the systems that cases ran on."""
    if (systems := config.stash.get(_SYSTEMS, None)) is not None:
        systems.close()


class Systems:
    """The systems that this run's cases share, one at a time: the one of the last journey."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._key: tuple[Path, str] | None = None
        self._runner: JourneyRunner | None = None

    def of(self, config: Path, journey: str) -> JourneyRunner:
        """Return what runs a journey."""
        from seatrial.explore import RunnerSpec

        if self._key != (config, journey) or self._runner is None:
            self.close()
            self._runner = self._open.enter_context(RunnerSpec(config, journey)())
            self._key = (config, journey)
        return self._runner

    def close(self) -> None:
        """End the system."""
        self._open.close()
        self._runner = None


class CaseCollector(pytest.File):
    """A file with a case."""

    def collect(self) -> Iterator[CaseItem]:
        """Return its one test."""
        from seatrial.errors import SeatrialError
        from seatrial.extras import missing

        if lacking := missing("chaos"):
            said = f"a case needs {', '.join(lacking)}: pip install 'seatrial[chaos]'"
            raise self.CollectError(said)
        from seatrial.explore import KeptCase

        try:
            case = KeptCase(self.path)
        except SeatrialError as error:
            raise self.CollectError(str(error)) from None
        yield CaseItem.from_parent(self, name=self.path.stem, case=case)


class CaseItem(pytest.Item):
    """A case, run on the whole system."""

    def __init__(self, *, case: KeptCase, **rest: object) -> None:
        super().__init__(**rest)  # type: ignore[arg-type] # pytest's own
        self._case = case

    def runtest(self) -> None:
        """Run it: it passes if nothing breaks now, and is skipped if it proves nothing."""
        from seatrial.config import CONFIG_NAME
        from seatrial.results import Verdict

        systems = self.config.stash.setdefault(_SYSTEMS, Systems())
        config = self.path.resolve().parents[2] / CONFIG_NAME
        checks = list(self._case.checks(systems.of(config, self._case.journey)))
        said = "\n".join(f"{one.id}: {one.explanation}" for one in checks)
        if any(one.verdict is Verdict.FAILED for one in checks):
            pytest.fail(f"{said}\nrun it again: {checks[0].rerun}", pytrace=False)
        if not all(one.verdict is Verdict.PASSED for one in checks):
            pytest.skip(f"undecided: {said}")

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Return the sentence of an error that a person can do something about."""
        from seatrial.errors import SeatrialError

        if isinstance(excinfo.value, SeatrialError):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, None, str]:
        """Return the heading of a failure."""
        return self.path, None, f"case {self.name}"
