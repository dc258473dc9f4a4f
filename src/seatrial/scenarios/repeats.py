"""A load profile run several times, by turns with another client where one is named."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from seatrial.loads.compare import Compared, Difference, collected, compare, sample
from seatrial.loads.run import Progress
from seatrial.results import Check, Samples, Text, Verdict
from seatrial.scenarios.load_jobs import LoadJob
from seatrial.scenarios.mishaps import ScenarioAt
from seatrial.scenarios.stage import Stage
from seatrial.scenarios.under_load import LoadOutcome, run_load


@dataclass
class Side:
    """One client's runs."""

    name: str
    env: Mapping[str, str]
    outcomes: list[LoadOutcome] = field(default_factory=list)
    started: list[datetime] = field(default_factory=list)

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
    stage: Stage,
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

    Each turn has a seed of its own, which both sides share. Nothing more is run once a run was
    interrupted.
    """
    sides = [Side(stage.edge.consumer, {})]
    if control is not None:
        sides.append(Side(control, stage.edge.controls[control].env))
    for turn in range(repeats):
        for side in sides:
            side.started.append(datetime.now(UTC))
            outcome = run_load(
                stage,
                job,
                seed=seed + turn,
                workers=workers,
                env=side.env,
                scenarios=scenarios,
                on_progress=_told(on_progress, f"{side.name} {turn + 1} of {repeats}"),
            )
            side.outcomes.append(outcome)
            if outcome.evidence is not None and outcome.evidence.run.interrupted:
                return tuple(sides)
    return tuple(sides)


def _told(
    on_progress: Callable[[str, Progress], None] | None, which: str
) -> Callable[[Progress], None] | None:
    return None if on_progress is None else lambda at: on_progress(which, at)


def compared(sides: Sequence[Side], what: str) -> tuple[Compared, ...]:
    """The control's figures beside the edge's."""
    first, second = (side.samples(what).figures for side in sides)
    return compare(first, second)


def beside_check(job: LoadJob, sides: Sequence[Side], found: Sequence[Compared]) -> Check:
    """The edge's own client keeps up with the control in every figure."""
    first, second = sides
    better = [one for one in found if one.difference is Difference.WORSE]
    worse = [one for one in found if one.difference is Difference.BETTER]
    told = "; ".join(one.sentence for one in found if one.difference is not Difference.NONE)
    if worse:
        verdict = Verdict.FAILED
    elif better:
        verdict = Verdict.PASSED
    else:
        verdict, told = Verdict.UNDECIDED, f"{Difference.NONE} in {len(found)} figures"
    return Check(
        id=f"load.{job.name}.beside-{second.name}",
        subject=f"{first.name} beside {second.name}, by turns",
        verdict=verdict,
        explanation=told,
        evidence=(Text(title="All figures", text="\n".join(one.sentence for one in found)),),
        repeat=f"seatrial load run {job.name} --beside {second.name} "
        f"--repeats {len(first.outcomes)}",
    )
