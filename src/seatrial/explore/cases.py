"""Sets of faults that broke a promise: of many alike one, kept in a file to be run again."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from seatrial.errors import UsageError
from seatrial.explore.model import Fault, Plan, Point
from seatrial.explore.search import Failure
from seatrial.files import write_whole
from seatrial.results import ExploredCase, ExploredFault, ExploredPoint, Model

CASES = Path("chaos/cases")
"""Where a project keeps them."""
SHIPPED_CASE_SCHEMA = Path(__file__).parent.parent / "schema" / "case.schema.json"


@dataclass(frozen=True, slots=True)
class Alike:
    """Failures at the same points that break the same in the same words: one case, most likely."""

    mildest: Failure
    runs_to_find: int
    kinds: Mapping[Point, tuple[str, ...]]
    """All kinds that any of them had there."""


def alike(
    failures: Sequence[Failure], alternatives: Mapping[Point, tuple[str, ...]]
) -> list[Alike]:
    """Return one for each cause that can be told apart, the first that was found first.

    Args:
        failures: In the order they were found.
        alternatives: The kinds at each point, the mildest first.
    """

    def harshness_of(failure: Failure) -> int:
        faults = failure.observation.injected
        return harshness((alternatives.get(one.point, ()), one.kind) for one in faults)

    groups: dict[object, list[Failure]] = {}
    for one in failures:
        groups.setdefault(one.observation.cause, []).append(one)
    return [
        Alike(
            min(group, key=harshness_of),
            min(one.run for one in group),
            {
                point: tuple(dict.fromkeys(_kind_at(point, one) for one in group))
                for point in sorted({one.point for one in group[0].observation.injected})
            },
        )
        for group in groups.values()
    ]


def harshness(kinds: Iterable[tuple[Sequence[str], str]]) -> int:
    """Return how far the kinds of a set of faults are from the mildest at their points.

    Args:
        kinds: of each fault those of its point, the mildest first, and its own.
    """
    return sum(known.index(kind) if kind in known else len(known) for known, kind in kinds)


def _kind_at(point: Point, failure: Failure) -> str:
    return next(one.kind for one in failure.observation.injected if one.point == point)


class CaseFile(Model):
    """A set of faults that once broke a promise of a journey: `seatrial chaos run --case FILE`."""

    schema_uri: str | None = Field(default=None, alias="$schema")
    """Of its JSON Schema, for an editor."""
    version: Literal[1] = 1
    journey: str
    """Of chaos/journeys, or an edge."""
    faults: tuple[ExploredFault, ...] = Field(min_length=1)
    broke: tuple[str, ...] = ()
    """The invariants that it broke when it was found."""
    explanation: str = ""
    """What happened then."""

    @property
    def plan(self) -> Plan:
        """The faults."""
        return frozenset(map(fault_of, self.faults))

    @property
    def name(self) -> str:
        """A name for its file: readable, and the same whenever it's found."""
        first = self.faults[0]
        words = re.sub(r"[^a-z0-9]+", "-", f"{first.fault} {first.point.operation}".lower())
        said = "\n".join([self.journey, *sorted(self.broke), *map(str, sorted(self.plan))])
        digest = blake2b(said.encode(), digest_size=4).hexdigest()
        return f"{self.journey}-{words.strip('-')[:60]}-{digest}"


def fault_of(fault: ExploredFault) -> Fault:
    """Return a fault that was read."""
    point = fault.point
    return Fault(Point(point.edge, point.operation, point.about, point.ordinal), fault.fault)


def explored_fault(fault: Fault, also: Iterable[str] = ()) -> ExploredFault:
    """Return a fault as it's written.

    Args:
        fault: Of a plan.
        also: Other kinds that break the same.
    """
    return ExploredFault(
        point=explored_point(fault.point),
        fault=fault.kind,
        also=tuple(one for one in also if one != fault.kind),
    )


def explored_point(point: Point) -> ExploredPoint:
    """Return a point as it's written."""
    return ExploredPoint(
        edge=point.edge, operation=point.operation, about=point.about, ordinal=point.ordinal
    )


def write_case(folder: Path, case: ExploredCase) -> Path:
    """Keep a case among those of a project, and return its file.

    Args:
        folder: The project's.
        case: That was found.

    Raises:
        UsageError: It can't be written.
    """
    kept = CaseFile(
        journey=case.journey, faults=case.faults, broke=case.broke, explanation=case.explanation
    )
    path = folder / CASES / f"{kept.name}.json"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, kept.model_dump_json(by_alias=True, exclude_none=True, indent=2) + "\n")
    except OSError as error:
        raise UsageError(f"{path}: can't be written: {error.strerror}") from None
    return path


def read_case(path: Path) -> CaseFile:
    """Read a case.

    Raises:
        UsageError: There is no such file, or it isn't a case; the message says where.
    """
    try:
        case = CaseFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: can't be read: {error.strerror}") from None
    except ValidationError as error:
        said = error.errors()[0]
        where = ".".join(map(str, said["loc"])) or "the file"
        raise UsageError(f"{path}: isn't a case: {where}: {said['msg']}") from None
    points = [one.point for one in case.plan]
    if len(set(points)) < len(case.faults):
        raise UsageError(f"{path}: isn't a case: a point has two faults; it can have one in a run")
    return case


def case_schema() -> str:
    """Return the schema as it's committed: indented JSON that ends with a line break."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:seatrial:case:1",
    }
    schema = CaseFile.model_json_schema(by_alias=True, mode="validation")
    return json.dumps(head | schema, indent=2, ensure_ascii=False) + "\n"
