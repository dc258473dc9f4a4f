"""Make one result of those of shards, and say which is missing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.errors import UsageError
from seatrial.explore.cases import fault_of, harshness
from seatrial.explore.coverage import Outcome
from seatrial.explore.findings import command_of, extent, subject_of
from seatrial.results import (
    Check,
    ExploredCase,
    ExploredCoverage,
    ExploredFault,
    ExploredLevel,
    FaultFound,
    PointFound,
    Result,
    RunVerdict,
    judge,
)

_ORDER = [one.value for one in Outcome]
_COUNTED = ("sets", "broke", *_ORDER)


def merged(results: Mapping[Path, Result]) -> Result:
    """Return what the shards of one exploration found together.

    Args:
        results: By their files.

    Raises:
        UsageError: They aren't shards of the same exploration, or one is there twice.
    """
    first = _alike(results)
    every = list(results.values())
    journeys = list(dict.fromkeys(name for one in every for name in one.coverage))
    coverage = {name: _coverage([one.coverage[name] for one in every]) for name in journeys}
    found_by_any = _mildest(every)
    checks = [check for one in found_by_any for check in one.checks]
    for name, found in coverage.items():
        checks += extent(name, found, command_of(name, found.faults))
    lost = _missing(every)
    verdict = judge(checks)
    if lost and verdict is not RunVerdict.FAILED:
        verdict = RunVerdict.INVALID
    return first.model_copy(
        update={
            "command": "merge",
            "verdict": verdict,
            "started": min(one.started for one in every),
            "duration_s": max(one.duration_s for one in every),
            "checks": tuple(checks),
            "figures": {
                "explore_runs": sum(one.figures.get("explore_runs", 0.0) for one in every),
                "explore_shards": float(len(every)),
            },
            "cases": tuple(one.case for one in found_by_any),
            "coverage": coverage,
            "notes": (*lost, *dict.fromkeys(note for one in every for note in one.notes)),
        }
    )


def _alike(results: Mapping[Path, Result]) -> Result:
    """Return the first result, once all were seen to belong together."""
    (first_path, first), *_ = results.items()
    taken: dict[int, Path] = {}
    for path, one in results.items():
        shards = {found.shard for found in one.coverage.values()}
        if one.command != "explore" or len(shards) != 1 or None in shards:
            raise UsageError(f"{path}: isn't the result of seatrial explore --shard")
        for what, mine, theirs in (
            ("seed", one.seed, first.seed),
            ("journeys", sorted(one.coverage), sorted(first.coverage)),
            ("most faults in a set", _bounds(one), _bounds(first)),
            ("number of shards", _shard(one)[1], _shard(first)[1]),
        ):
            if mine != theirs:
                raise UsageError(f"{path}: {what}: {mine}, and in {first_path}: {theirs}")
        number = _shard(one)[0]
        if number in taken:
            raise UsageError(f"{path}: is shard {number}, and so is {taken[number]}")
        taken[number] = path
    return first


def _bounds(result: Result) -> list[int]:
    return sorted({one.faults for one in result.coverage.values()})


def _shard(result: Result) -> tuple[int, int]:
    found = next(one.shard for one in result.coverage.values())
    assert found is not None
    return found.number, found.of


def _missing(results: Sequence[Result]) -> list[str]:
    there, of = {_shard(one)[0] for one in results}, _shard(results[0])[1]
    return [
        f"invalid: shard {number}/{of} is missing, and with it its share of the largest sets"
        for number in range(1, of + 1)
        if number not in there
    ]


def _coverage(shards: Sequence[ExploredCoverage]) -> ExploredCoverage:
    """Add up the largest sets, which were shared; take the others from who got furthest."""
    bound = shards[0].faults
    there = {one.shard.number for one in shards if one.shard}
    whole = shards[0].shard is not None and len(there) == shards[0].shard.of
    levels = []
    for size in range(bound + 1):
        found = [level for one in shards for level in one.levels if level.size == size]
        if size == bound and size > 0:
            all_of_it = whole and len(found) == len(shards)
            levels.append(_added(size, found, looked_at_all=all_of_it))
        elif found:
            levels.append(min(found, key=lambda one: (not one.looked_at_all, one.left)))
    exhausted = -1
    for level in levels:
        if not level.looked_at_all or level.left or level.undecided:
            break
        exhausted = level.size
    totals = {name: sum(getattr(one, name) for one in levels) for name in _COUNTED}
    at = _points(shards)
    return ExploredCoverage(
        points=len(at),
        exhausted_to=exhausted if exhausted >= 0 else None,
        faults=bound,
        levels=tuple(levels),
        more_left=any(one.more_left for one in shards),
        random_runs=sum(one.random_runs for one in shards),
        unclear=tuple(sorted({name for one in shards for name in one.unclear})),
        at=at,
        calls=shards[0].calls,
        **totals,
    )


def _added(size: int, levels: Sequence[ExploredLevel], *, looked_at_all: bool) -> ExploredLevel:
    counts = Counter[str]()
    for one in levels:
        counts.update({name: getattr(one, name) for name in _COUNTED})
    return ExploredLevel(
        size=size,
        looked_at_all=looked_at_all and all(one.looked_at_all for one in levels),
        **{name: counts[name] for name in _COUNTED},
    )


def _points(shards: Iterable[ExploredCoverage]) -> tuple[PointFound, ...]:
    """Return the best that any shard knows. A number of a run is the shard's own, and goes."""
    found: dict[str, PointFound] = {}
    for point in (point for one in shards for point in one.at):
        faults = {
            kind: FaultFound(outcome=one.outcome, led_to=one.led_to)
            for kind, one in point.faults.items()
        }
        known = found.setdefault(
            point.point.model_dump_json(), PointFound(point=point.point, faults={})
        )
        for kind, one in known.faults.items():
            if _ORDER.index(one.outcome) < _ORDER.index(faults.get(kind, one).outcome):
                faults[kind] = one
        found[point.point.model_dump_json()] = PointFound(
            point=point.point, faults=known.faults | faults
        )
    return tuple(found.values())


@dataclass(frozen=True)
class _Found:
    """A case as a shard found it."""

    case: ExploredCase
    by: Result

    @property
    def cause(self) -> object:
        """Cases that agree in this are one."""
        points = tuple(one.point.model_dump_json() for one in self.case.faults)
        return self.case.journey, points, self.case.shows

    @property
    def harshness(self) -> int:
        """How far its kinds are from the mildest at their points."""
        at = self.by.coverage[self.case.journey].at
        kinds = {one.point.model_dump_json(): [*one.faults] for one in at}
        faults = ((one.point.model_dump_json(), one.fault) for one in self.case.faults)
        return harshness((kinds.get(point, ()), kind) for point, kind in faults)

    @property
    def checks(self) -> list[Check]:
        """The promises that it broke."""
        subject = subject_of(self.case.journey, map(fault_of, self.case.faults))
        return [one for one in self.by.checks if one.subject == subject]


def _mildest(results: Iterable[Result]) -> list[_Found]:
    """Return each case once, as the shard found it that has it with the mildest kinds."""
    groups: dict[object, list[_Found]] = {}
    for one in (_Found(case, result) for result in results for case in result.cases):
        groups.setdefault(one.cause, []).append(one)
    return [_together(group) for group in groups.values()]


def _together(group: Sequence[_Found]) -> _Found:
    first = min(group, key=lambda one: one.harshness)
    kinds = [
        dict.fromkeys(kind for one in group for kind in _kinds(one.case.faults[place]))
        for place in range(len(first.case.faults))
    ]
    faults = tuple(
        one.model_copy(update={"also": tuple(kind for kind in every if kind != one.fault)})
        for one, every in zip(first.case.faults, kinds, strict=True)
    )
    runs = min(one.case.runs_to_find for one in group)
    case = first.case.model_copy(update={"faults": faults, "runs_to_find": runs})
    return _Found(case, first.by)


def _kinds(fault: ExploredFault) -> Sequence[str]:
    return (fault.fault, *fault.also)
