"""A load profile run several times, by turns with another client where one is named."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seatrial.loads.compare import Compared, Difference, collected, compare, sample
from seatrial.loads.run import Progress
from seatrial.results import Check, Samples, Text, Verdict
from seatrial.scenarios.load_jobs import LoadJob
from seatrial.scenarios.mishaps import ScenarioAt
from seatrial.scenarios.under_load import LoadOutcome, run_load
from seatrial.testbed import Testbed

_PROMISED = ("goodput", "amplification")
"""What a resilient client is for."""


@dataclass
class Side:
    """One client's runs."""

    name: str
    env: Mapping[str, str]
    outcomes: list[LoadOutcome] = field(default_factory=list)
    started: list[datetime] = field(default_factory=list)
    taken_again: tuple[str, ...] = ()
    """Why turns proved nothing, and were taken again."""

    @property
    def invalid(self) -> tuple[str, ...]:
        """Why some of them prove nothing."""
        return tuple(reason for one in self.outcomes for reason in one.invalid)

    def samples(self, what: str) -> Samples:
        """What can be compared with another side's."""
        found = [sample(one.evidence) for one in self.outcomes if one.evidence is not None]
        return Samples(
            subject=self.name, what=what, started=tuple(self.started), figures=collected(found)
        )


def run_by_turns(
    testbed: Testbed,
    job: LoadJob,
    *,
    seed: int,
    repeats: int,
    control: str | None = None,
    workers: int = 0,
    scenarios: Sequence[ScenarioAt] = (),
    on_progress: Callable[[str, Progress], None] | None = None,
) -> tuple[Side, ...]:
    """Run the edge's consumer, and the control if one is named, by turns: A B A B.

    Each turn has a seed of its own, which both sides share. Of several turns one that proves
    nothing on either side is taken again with another seed, `repeats` times in all at most; nothing
    more is run once a run was interrupted.
    """
    sides = [Side(testbed.edge.consumer, {})]
    if control is not None:
        sides.append(Side(control, testbed.edge.controls[control].env))

    def play(side: Side, own_seed: int) -> LoadOutcome:
        return run_load(
            testbed,
            job,
            seed=own_seed,
            workers=workers,
            env=side.env,
            scenarios=scenarios,
            on_progress=_told(on_progress, side.name),
        )

    take_turns(sides, play, seed=seed, repeats=repeats)
    return tuple(sides)


def take_turns(
    sides: Sequence[Side],
    play: Callable[[Side, int], LoadOutcome],
    *,
    seed: int,
    repeats: int,
) -> None:
    """Play each side once a turn, until there are so many turns that count."""
    spare = repeats if repeats > 1 else 0
    for own_seed in itertools.count(seed):
        turn = _turn(sides, play, own_seed)
        interrupted = len(turn) < len(sides) or turn[-1][1].interrupted
        if any(outcome.invalid for _, outcome in turn) and spare and not interrupted:
            spare -= 1
            for side, (_, outcome) in zip(sides, turn, strict=True):
                side.taken_again += outcome.invalid
            continue
        for side, (started, outcome) in zip(sides, turn, strict=False):
            side.started.append(started)
            side.outcomes.append(outcome)
        if interrupted or len(sides[0].outcomes) == repeats:
            return


def _turn(
    sides: Sequence[Side], play: Callable[[Side, int], LoadOutcome], seed: int
) -> list[tuple[datetime, LoadOutcome]]:
    turn: list[tuple[datetime, LoadOutcome]] = []
    for side in sides:
        turn.append((datetime.now(UTC), play(side, seed)))
        if turn[-1][1].interrupted:
            break
    return turn


def _told(
    on_progress: Callable[[str, Progress], None] | None, which: str
) -> Callable[[Progress], None] | None:
    return None if on_progress is None else lambda at: on_progress(which, at)


def compared(sides: Sequence[Side], what: str) -> tuple[Compared, ...]:
    """The control's figures beside the edge's."""
    first, second = (side.samples(what).figures for side in sides)
    return compare(first, second)


def beside_check(job: LoadJob, sides: Sequence[Side], found: Sequence[Compared]) -> Check:
    """The edge's own client gets more done than the control, or asks its provider less for it.

    What it pays for that, such as a slower recovery, is told beside it and is no failure.
    """
    first, second = sides
    told_of = [one for one in found if one.figure.rpartition(".")[2] in _PROMISED]
    better = [one for one in told_of if one.difference is Difference.WORSE]
    worse = [
        one for one in told_of if one.difference is Difference.BETTER and "goodput" in one.figure
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
        id=f"load.{job.name}.beside-{second.name}",
        subject=f"{first.name} beside {second.name}, by turns",
        verdict=verdict,
        explanation=text,
        evidence=(Text(title="All figures", text="\n".join(one.sentence for one in found)),),
        rerun=f"seatrial load run {job.name} --beside {second.name} "
        f"--repeats {len(first.outcomes)}",
    )
