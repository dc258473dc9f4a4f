"""A load profile run several times, interleaved with a baseline where one is named."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seatrial.loads.compare import Difference, FigureComparison, collected, compare, sample
from seatrial.loads.session.fault_schedule import ScenarioAt
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import LoadResult
from seatrial.loads.session.locust import Progress
from seatrial.loads.session.on_edge import run_on_edge
from seatrial.results import Check, Samples, Text, Verdict
from seatrial.testbed import WireTestbed

_PROMISED = ("goodput", "amplification")
"""The figures that a resilient client is for."""


@dataclass
class Side:
    """One client's runs."""

    name: str
    env: Mapping[str, str]
    runs: list[LoadResult] = field(default_factory=list)
    started: list[datetime] = field(default_factory=list)
    discarded: tuple[str, ...] = ()
    """Reasons why turns proved nothing, and were repeated."""
    interrupted: bool = False
    """Whether somebody ended the last turn."""

    @property
    def invalid(self) -> tuple[str, ...]:
        """Reasons why some of them prove nothing."""
        return tuple(reason for one in self.runs for reason in one.invalid)

    def samples(self, what: str) -> Samples:
        """Return what can be compared with another side's."""
        found = [sample(one.evidence) for one in self.runs if one.evidence is not None]
        return Samples(
            subject=self.name, what=what, started=tuple(self.started), figures=collected(found)
        )


def run_interleaved(
    testbed: WireTestbed,
    job: LoadJob,
    *,
    seed: int,
    repeats: int,
    baseline: str | None = None,
    workers: int = 0,
    scenarios: Sequence[ScenarioAt] = (),
    on_progress: Callable[[str, Progress], None] | None = None,
) -> tuple[Side, ...]:
    """Run the edge's consumer, interleaved with the baseline if one is named: A B A B.

    Each turn has a seed of its own, which both sides share. Of several turns one that proves
    nothing on either side is repeated with another seed, `repeats` times in all at most; nothing
    more is run once a run was interrupted.
    """
    sides = [Side(testbed.edge.consumer, {})]
    if baseline is not None:
        sides.append(Side(baseline, testbed.edge.controls[baseline].env))

    def run(side: Side, own_seed: int) -> LoadResult:
        return run_on_edge(
            testbed,
            job,
            seed=own_seed,
            workers=workers,
            env=side.env,
            scenarios=scenarios,
            on_progress=_named(on_progress, side.name),
        )

    interleave(sides, run, seed=seed, repeats=repeats)
    return tuple(sides)


def interleave(
    sides: Sequence[Side],
    run: Callable[[Side, int], LoadResult],
    *,
    seed: int,
    repeats: int,
) -> None:
    """Run each side once a turn, until `repeats` turns count."""
    spare = repeats if repeats > 1 else 0
    for own_seed in itertools.count(seed):
        try:
            turn = _turn(sides, run, own_seed)
        except KeyboardInterrupt:  # before any load ran in this turn
            if not sides[0].runs:
                raise
            sides[0].interrupted = True
            return
        interrupted = len(turn) < len(sides) or turn[-1][1].interrupted
        if any(result.invalid for _, result in turn) and spare and not interrupted:
            spare -= 1
            for side, (_, result) in zip(sides, turn, strict=True):
                side.discarded += result.invalid
            continue
        for side, (started, result) in zip(sides, turn, strict=False):
            side.started.append(started)
            side.runs.append(result)
            side.interrupted = interrupted
        if interrupted or len(sides[0].runs) == repeats:
            return


def _turn(
    sides: Sequence[Side], run: Callable[[Side, int], LoadResult], seed: int
) -> list[tuple[datetime, LoadResult]]:
    turn: list[tuple[datetime, LoadResult]] = []
    for side in sides:
        turn.append((datetime.now(UTC), run(side, seed)))
        if turn[-1][1].interrupted:
            break
    return turn


def _named(
    on_progress: Callable[[str, Progress], None] | None, which: str
) -> Callable[[Progress], None] | None:
    return None if on_progress is None else lambda at: on_progress(which, at)


def compare_sides(sides: Sequence[Side], what: str) -> tuple[FigureComparison, ...]:
    """Compare the edge's figures with the baseline's."""
    first, second = (side.samples(what).figures for side in sides)
    return compare(first, second)


def baseline_check(job: LoadJob, sides: Sequence[Side], found: Sequence[FigureComparison]) -> Check:
    """Check that the edge's own client does better than the baseline.

    It gets more done, or sends its provider less for it. What it pays for that, such as a slower
    recovery, is reported too and isn't a failure.
    """
    first, second = sides
    promised = [one for one in found if one.figure.rpartition(".")[2] in _PROMISED]
    better = [one for one in promised if one.difference is Difference.WORSE]
    worse = [
        one for one in promised if one.difference is Difference.BETTER and "goodput" in one.figure
    ]
    text = "; ".join(one.sentence for one in found if one.difference is not Difference.NONE)
    if worse:
        verdict = Verdict.FAILED
    elif better:
        verdict = Verdict.PASSED
    else:
        verdict = Verdict.UNDECIDED
        text = text or f"{Difference.NONE} in {len(found)} figures"
    return Check(
        id=f"load.{job.name}.beats-{second.name}",
        subject=f"{first.name} against {second.name}, interleaved",
        verdict=verdict,
        explanation=text,
        evidence=(Text(title="All figures", text="\n".join(one.sentence for one in found)),),
        rerun=f"{job.rerun} --baseline {second.name} --repeats {len(first.runs)}",
    )
