"""Look for planted defects with the search, and say what it took."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from seatrial.explore import (
    Fault,
    Plan,
    RunnerSpec,
    Search,
    cases_of,
    fault_of,
    replay,
)
from seatrial.faults import find_server, open_engine
from seatrial.results import ExploredCase, Replay
from seatrial.system import Session
from tests.exploration.planted.table import Planted

SYSTEMS = Path(__file__).parent / "systems"
ROOT = Path(__file__).parents[3]
REFERENCE = "reference"
"""Made of the reference system's own configuration and invariants."""
REFERENCE_CODE = "tests.exploration.planted.reference"


@dataclass(frozen=True)
class Found:
    """What a search for one defect showed."""

    planted: Planted | None
    """None: on the system without a defect."""
    cases: tuple[ExploredCase, ...]
    runs: int
    """Of the search: of single faults all, of pairs until it was found."""
    plain: int
    """Sets that plain enumeration runs up to the same number of faults."""
    exhausted: bool
    cpu_s: float = 0.0
    """Of its runs in virtual time."""

    @property
    def case(self) -> ExploredCase | None:
        """The case that shows the defect, if one does."""
        return next((one for one in self.cases if self.planted and _shows(self.planted, one)), None)

    @property
    def is_right(self) -> bool:
        """Whether the defect was found with the set that was planted; without one, nothing."""
        if self.planted is None:
            return not self.cases and self.exhausted
        return self.case is not None


def _shows(planted: Planted, case: ExploredCase) -> bool:
    found = [
        {f"{kind} {said_point(fault_of(one))}" for kind in (one.fault, *one.also)}
        for one in case.faults
    ]
    return (
        case.minimal
        and len(found) == planted.faults
        and all(any(one in kinds for kinds in found) for one in planted.shows)
    )


def said_point(fault: Fault) -> str:
    """Return a fault's point as the table names it."""
    number = fault.point.ordinal
    return fault.point.operation + (f" #{number}" if number > 1 else "")


def said(plan: Plan) -> str:
    """Return a set of faults in one line."""
    return " + ".join(f"{one.kind} {said_point(one)}" for one in sorted(plan))


@contextmanager
def project(system: str, defect: str = "") -> Iterator[Path]:
    """Make a project of a system with a defect in it, and return its seatrial.toml."""
    with tempfile.TemporaryDirectory(prefix="seatrial-planted-") as folder:
        shutil.copytree(SYSTEMS / system, folder, dirs_exist_ok=True)
        path = Path(folder) / "seatrial.toml"
        if system == REFERENCE:
            path.write_text(_reference_system((ROOT / "seatrial.toml").read_text()))
            shutil.copy(ROOT / "chaos" / "invariants.py", Path(folder) / "chaos")
        path.write_text(path.read_text().replace("{defect}", defect))
        yield path


def _reference_system(text: str) -> str:
    """Return the reference system's configuration with two services that may have a defect."""
    text = re.sub(
        r"^(\[(?:services\.[a-z-]+|gateway)\])$", rf'\1\ncwd = "{ROOT}"', text, flags=re.MULTILINE
    )
    for name in ("marketplace", "payments"):
        text = text.replace(f'"stubs.{name}:application"', f'"{REFERENCE_CODE}:application"')
        text = text.replace(f'"-m", "stubs.{name}"', f'"-m", "{REFERENCE_CODE}"')
        url = f'DATABASE_URL = "sqlite:///{{dir}}/{name}-service.db"'
        text = text.replace(url, f'DEFECT = "{{defect}}", SERVICE = "{name}", {url}')
    return text


def find(planted: Planted) -> Found:
    """Search for a defect."""
    with project(planted.system, planted.name) as config:
        return _searched(config, planted, planted.journey, planted.faults)


def look_at_the_right_one(system: str, journey: str, faults: int) -> Found:
    """Search a journey of a system without a defect."""
    with project(system) as config:
        return _searched(config, None, journey, faults)


def _searched(config: Path, planted: Planted | None, journey: str, faults: int) -> Found:
    search, cpu_s = Search(journey, faults), 0.0
    virtual = "app =" in config.read_text()
    with RunnerSpec(config, journey, virtual)() as run:
        while plans := search.plans():
            found = _found(search, planted, faults)
            if faults > 1 and found.case is not None:
                break
            for plan in plans:
                search.saw(seen := run(plan))
                cpu_s += seen.cpu_s
    search.finish()
    return replace(_found(search, planted, faults), cpu_s=cpu_s)


@dataclass(frozen=True)
class Row:
    """What is kept of a search in the table."""

    planted: bool
    faults: int
    is_right: bool
    runs_to_find: int | None
    runs: int
    plain: int
    smallest: str
    others: list[str]
    """Other sets that broke a promise."""
    cpu_s: float
    toxiproxy: str = ""
    """What a real Toxiproxy made of the case; nothing where there is none."""


def row_of(planted: Planted, *, replay: bool) -> Row:
    """Look for a defect; and run what shows it again on a real Toxiproxy, if that is wished."""
    found = find(planted)
    again = again_on_toxiproxy(found) if replay else None
    if again is None:
        return _row(found, planted.faults)
    faithful = "reproduced" if again.faithful else "by the tap"
    said = faithful if again.reproduced else "NOT"
    return replace(_row(found, planted.faults), toxiproxy=said)


def clean_row(system: str, journey: str) -> Row:
    """Look at the single faults of a journey without a defect."""
    return _row(look_at_the_right_one(system, journey, 1), 0)


def _row(found: Found, faults: int) -> Row:
    case = found.case
    return Row(
        planted=found.planted is not None,
        faults=faults,
        is_right=found.is_right,
        runs_to_find=case.runs_to_find if case else None,
        runs=found.runs,
        plain=found.plain,
        smallest=_said_case(case) if case else "",
        others=[_said_case(one) for one in found.cases if one is not case],
        cpu_s=found.cpu_s,
    )


def _said_case(case: ExploredCase) -> str:
    return f"{said(frozenset(map(fault_of, case.faults)))} ({', '.join(case.broke)})"


def _found(search: Search, planted: Planted | None, faults: int) -> Found:
    coverage = search.coverage
    return Found(
        planted,
        tuple(cases_of(search)),
        search.runs,
        coverage.sets,
        coverage.exhausted_to == faults,
    )


def again_on_toxiproxy(found: Found) -> Replay | None:
    """Run what was found on processes with a real Toxiproxy; None where there is none.

    Raises:
        SeatrialError: the system can't be started.
    """
    if found.case is None or found.planted is None:
        return None
    if not (os.environ.get("TOXIPROXY_URL") or find_server()):
        return None
    plan = frozenset(map(fault_of, found.case.faults))
    with (
        Session() as session,
        open_engine(session, "toxiproxy") as engine,
        project(found.planted.system, found.planted.name) as config,
        RunnerSpec(config, found.planted.journey)(engine) as run,
    ):
        return replay(run, plan, found.case.broke, engine)
