"""What a search found, as checks, cases and coverage of a result."""

import shlex
from collections.abc import Iterator

from seatrial.explore.cases import Alike, alike, explored_fault
from seatrial.explore.coverage import Coverage, Outcome
from seatrial.explore.model import Observation, Violation
from seatrial.explore.search import Search
from seatrial.results import (
    Check,
    ExploredCase,
    ExploredCoverage,
    Verdict,
)


def cases_of(search: Search) -> list[ExploredCase]:
    """Return the sets of faults that broke a promise, the smallest first."""
    return [_case(one) for one in alike(search.failures, search.coverage.alternatives)]


def _case(found: Alike) -> ExploredCase:
    seen = found.mildest.observation
    return ExploredCase(
        journey=seen.journey,
        faults=tuple(explored_fault(one, found.kinds[one.point]) for one in sorted(seen.injected)),
        broke=tuple(dict.fromkeys(one.invariant for one in seen.broke)),
        explanation=explained(seen),
        runs_to_find=found.runs_to_find,
        minimal=found.mildest.minimal,
    )


def explained(seen: Observation) -> str:
    """Say what a run's faults led to."""
    faults = ", and ".join(str(one) for one in sorted(seen.injected)) or "without any fault"
    said = "; ".join(dict.fromkeys(one.explanation for one in seen.broke))
    return f"{faults}: {said}"


def coverage_of(coverage: Coverage) -> ExploredCoverage:
    """Return what became of the sets of a journey."""
    return ExploredCoverage(
        points=len(coverage.alternatives),
        sets=coverage.sets,
        run=coverage.count(Outcome.RUN),
        reduced=coverage.count(Outcome.REDUCED),
        contained=coverage.count(Outcome.CONTAINED),
        unreached=coverage.count(Outcome.UNREACHED),
        undecided=coverage.count(Outcome.UNDECIDED),
        left=coverage.count(Outcome.LEFT),
        exhausted_to=coverage.exhausted_to,
    )


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
            at = ", and ".join(str(one) for one in sorted(seen.injected)) or "no fault"
            yield Check(
                id=f"explore.{name}",
                subject=f"{seen.journey} · {at}",
                verdict=Verdict.FAILED,
                explanation=violation.explanation,
                rerun=command,
            )
    yield from _extent(search, command)


def _extent(search: Search, command: str) -> Iterator[Check]:
    found = search.coverage
    looked = found.sets - found.count(Outcome.LEFT, Outcome.UNDECIDED)
    kept = looked - len(search.failures) - found.count(Outcome.CONTAINED)
    subject, exhausted = search.journey, found.exhausted_to
    if kept > 0:
        yield Check(
            id="explore.kept",
            subject=subject,
            verdict=Verdict.PASSED,
            explanation=f"in {kept:,} sets of faults no promise broke"
            f" ({found.count(Outcome.RUN):,} were run, {found.count(Outcome.REDUCED):,} would"
            " show nothing new)",
            rerun=command,
        )
    if exhausted is not None and exhausted >= search.faults:
        said = "every single fault" if search.faults == 1 else f"every set of {search.faults}"
        yield Check(
            id="explore.exhausted",
            subject=subject,
            verdict=Verdict.PASSED,
            explanation=f"{said} at the {len(found.alternatives)} points was tried, or skipped for"
            " a reason that is counted",
            rerun=command,
        )
    else:
        yield Check(
            id="explore.exhausted",
            subject=subject,
            verdict=Verdict.UNDECIDED,
            explanation=f"explored {looked:,} of {found.sets:,} sets that are known;"
            f" what is left proves nothing{_why(found)}",
            rerun=command,
        )


def _why(found: Coverage) -> str:
    undecided = found.count(Outcome.UNDECIDED)
    return f", and {undecided:,} runs were undecided" if undecided else ""


def command_of(journey: str, faults: int, *options: str) -> str:
    """Return the command that repeats a search."""
    return " ".join(["seatrial explore", shlex.quote(journey), f"--faults {faults}", *options])
