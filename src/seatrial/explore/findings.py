"""What a search found, as checks, cases and coverage of a result."""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator

from seatrial.explore.cases import Alike, alike, explored_fault, explored_point
from seatrial.explore.coverage import Outcome
from seatrial.explore.model import Fault, Observation, Violation
from seatrial.explore.search import Search
from seatrial.results import (
    Check,
    ExploredCall,
    ExploredCase,
    ExploredCoverage,
    ExploredLevel,
    ExploredShard,
    FaultFound,
    PointFound,
    Verdict,
)

_NOT_SMALL = " (a smaller set may do: not all were tried)"


def cases_of(search: Search) -> list[ExploredCase]:
    """Return the sets of faults that broke a promise, the smallest first."""
    return [_case(one) for one in alike(search.failures, search.coverage.alternatives)]


def _case(found: Alike) -> ExploredCase:
    seen = found.mildest.observation
    return ExploredCase(
        journey=seen.journey,
        faults=tuple(explored_fault(one, found.kinds[one.point]) for one in sorted(seen.injected)),
        broke=tuple(dict.fromkeys(one.invariant for one in seen.broke)),
        shows=tuple(sorted(f"{name}: {said}".strip() for name, said in seen.cause[1])),
        explanation=explained(seen),
        runs_to_find=found.runs_to_find,
        minimal=found.mildest.minimal,
    )


def explained(seen: Observation) -> str:
    """Say what a run's faults led to."""
    faults = in_words(seen.injected) if seen.injected else "without any fault"
    said = "; ".join(dict.fromkeys(one.in_full for one in seen.broke))
    return f"{faults}: {said}"


def coverage_of(search: Search) -> ExploredCoverage:
    """Return what became of the sets of a journey."""
    found, shard = search.coverage, search.shard
    broke = Counter(
        len(one.observation.plan)
        for one in search.failures
        if len(one.observation.plan) <= search.faults
    )
    return ExploredCoverage(
        points=len(found.alternatives),
        exhausted_to=found.exhausted_to,
        faults=search.faults,
        levels=tuple(
            ExploredLevel(
                size=size,
                looked_at_all=size in found.complete,
                broke=broke[size],
                **_counts(level),
            )
            for size, level in sorted(found.levels.items())
        ),
        more_left=found.uncounted,
        random_runs=found.random_runs,
        unclear=tuple(sorted(search.unclear)),
        shard=ExploredShard(number=shard.number, of=shard.of) if shard.of > 1 else None,
        at=tuple(
            PointFound(
                point=explored_point(point),
                faults={
                    kind: FaultFound(
                        outcome=one.outcome.value,
                        runs=one.runs,
                        led_to=effect.value
                        if (effect := found.effects.get(Fault(point, kind)))
                        else None,
                    )
                    for kind, one in found.of_point(point).items()
                },
            )
            for point in sorted(found.alternatives)
        ),
        calls=tuple(
            ExploredCall(
                consumer=one.consumer,
                provider=one.provider,
                point=explored_point(one.point),
                parent=one.parent,
            )
            for one in found.usual
        ),
        broke=broke.total(),
        **_counts(sum(found.levels.values(), Counter())),
    )


def _counts(level: Counter[Outcome]) -> dict[str, int]:
    return {one.value: level[one] for one in Outcome} | {"sets": level.total()}


def checks_of(search: Search, command: str) -> Iterator[Check]:
    """Return what was decided: each broken promise, and how far the others were tried.

    Args:
        search: that has ended.
        command: repeats it.
    """
    for found in alike(search.failures, search.coverage.alternatives):
        seen = found.mildest.observation
        by_invariant: dict[str, Violation] = {}
        for one in seen.broke:
            by_invariant.setdefault(one.invariant, one)
        for name, violation in by_invariant.items():
            yield Check(
                id=f"explore.{name}",
                subject=subject_of(seen.journey, seen.injected),
                verdict=Verdict.FAILED,
                explanation=violation.in_full + ("" if found.mildest.minimal else _NOT_SMALL),
                rerun=command,
            )
    yield from extent(search.journey, coverage_of(search), command)


def subject_of(journey: str, faults: Iterable[Fault]) -> str:
    """Return what a case's failed checks are about."""
    return f"{journey} · {in_words(faults)}"


def in_words(faults: Iterable[Fault]) -> str:
    """Return a set of faults in one line."""
    return ", and ".join(map(str, sorted(faults))) or "no fault"


def extent(journey: str, found: ExploredCoverage, command: str) -> Iterator[Check]:
    """Return how far the promises were tried that weren't broken.

    Args:
        journey: That was explored.
        found: What was covered.
        command: Repeats it.
    """
    looked = found.sets - found.left - found.undecided
    kept = looked - found.broke - found.contained
    if kept > 0:
        yield Check(
            id="explore.kept",
            subject=journey,
            verdict=Verdict.PASSED,
            explanation=f"in {kept:,} sets of faults no promise broke; in all {found.run:,} were"
            f" run, {found.reduced:,} would show nothing new, and {found.unreached:,} have faults"
            " that don't come together",
            rerun=command,
        )
    exhausted = found.exhausted_to is not None and found.exhausted_to >= found.faults
    if exhausted:
        said = "every single fault" if found.faults == 1 else f"every set of {found.faults}"
        explanation = (
            f"{said} at the {found.points} points was tried, or skipped for a reason that is"
            " counted"
        )
    else:
        more = "more than " if found.more_left else ""
        undecided = f", and {found.undecided:,} runs were undecided" if found.undecided else ""
        explanation = (
            f"explored {looked:,} of {more}{found.sets:,} sets that are known;"
            f" what is left proves nothing{undecided}"
        )
    yield Check(
        id="explore.exhausted",
        subject=journey,
        verdict=Verdict.PASSED if exhausted else Verdict.UNDECIDED,
        explanation=explanation,
        rerun=command,
    )


def command_of(journey: str, faults: int, *options: str) -> str:
    """Return the command that repeats a search."""
    return " ".join(["seatrial explore", shlex.quote(journey), f"--faults {faults}", *options])
