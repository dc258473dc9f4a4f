"""Several load jobs, one after the other, and all that they come to."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from seatrial.config import Config
from seatrial.faults import Engine
from seatrial.loads.compare import FigureComparison
from seatrial.loads.samples import what_ran
from seatrial.loads.session.fault_schedule import ScenarioAt
from seatrial.loads.session.interleaved import (
    Side,
    baseline_check,
    compare_sides,
    run_interleaved,
)
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import LoadResult
from seatrial.loads.session.locust import Progress
from seatrial.loads.session.on_system import run_on_system
from seatrial.loads.session.on_target import run_on_target
from seatrial.results import Check
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

Step: TypeAlias = Callable[[str], AbstractContextManager[Callable[[str], None]]]
"""Opens a step of this title; what it yields says how far the step is."""


@dataclass(frozen=True)
class BaselineComparison:
    """The figures of an edge's client next to those of the baseline."""

    sides: tuple[str, ...]
    figures: tuple[FigureComparison, ...]


@dataclass
class LoadBatch:
    """Runs jobs, and collects what they come to."""

    config: Config
    folder: Path
    seed: int
    step: Step
    workers: int = 0
    repeats: int = 1
    baseline: str | None = None
    """A control of the edge, interleaved with its own client."""
    scenarios: tuple[ScenarioAt, ...] = ()
    checks: list[Check] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    comparisons: list[BaselineComparison] = field(default_factory=list)

    def run(self, session: Session, engine: Engine, jobs: Sequence[LoadJob]) -> None:
        """Run each job on the wire of its edge, or on the whole system where it has a target.

        Raises:
            KeyboardInterrupt: somebody ended it; what ran until then is kept.
        """
        launcher = Launcher(session, self.config, self.folder)
        testbeds: dict[str, WireTestbed] = {}
        for job in jobs:
            if job.edge is None:
                self._on_system(job, alone=len(jobs) == 1)
                continue
            if job.edge not in testbeds:
                with self.step(f"starting {job.edge}"):
                    testbeds[job.edge] = WireTestbed(launcher, engine, job.edge)
            self._on_edge(testbeds[job.edge], job, alone=len(jobs) == 1)

    def run_at(self, session: Session, host: str, jobs: Sequence[LoadJob]) -> None:
        """Run each job against a target that runs already.

        Raises:
            KeyboardInterrupt: somebody ended it; what ran until then is kept.
        """
        for job in jobs:
            with self.step(f"load {job.name} at {host}") as note:
                result = run_on_target(
                    session,
                    job,
                    host,
                    seed=self.seed,
                    workers=self.workers,
                    on_progress=_shown(note),
                )
            self._add(job, result, alone=len(jobs) == 1)
            if job.profile.faults:
                self.notes.append(f"the faults of {job.name} are left out: the target isn't ours")

    def _on_system(self, job: LoadJob, *, alone: bool) -> None:
        """Run it in a session of its own, since every service is started again."""
        with self.step(f"load {job.name}") as note, Session() as session:
            result = run_on_system(
                Launcher(session, self.config, self.folder),
                job,
                seed=self.seed,
                workers=self.workers,
                on_progress=_shown(note),
            )
        self._add(job, result, alone=alone)

    def _on_edge(self, testbed: WireTestbed, job: LoadJob, *, alone: bool) -> None:
        with self.step(f"load {job.name}") as note:
            sides = run_interleaved(
                testbed,
                job,
                seed=self.seed,
                repeats=self.repeats,
                baseline=self.baseline,
                workers=self.workers,
                scenarios=self.scenarios,
                on_progress=self._named(note),
            )
        self._add_sides(job, sides, alone=alone)

    def _named(self, note: Callable[[str], None]) -> Callable[[str, Progress], None]:
        named = self.repeats > 1 or self.baseline is not None
        return lambda which, at: note(f"{which}: {at.sentence}" if named else at.sentence)

    def _add(self, job: LoadJob, result: LoadResult, *, alone: bool) -> None:
        self.checks += result.checks
        self.invalid += result.invalid
        self._add_figures(job, result, alone=alone)
        if result.interrupted:
            raise KeyboardInterrupt

    def _add_figures(self, job: LoadJob, result: LoadResult, *, alone: bool) -> None:
        own = result.figures
        self.figures |= {name if alone else f"{job.name}.{name}": own[name] for name in own}

    def _add_sides(self, job: LoadJob, sides: tuple[Side, ...], *, alone: bool) -> None:
        what = what_ran(job.name, job.profile, self.seed)
        invalid = [reason for side in sides for reason in side.invalid]
        self.invalid += invalid
        discarded = [reason for side in sides for reason in side.discarded]
        self.notes += [f"a turn was repeated: {reason}" for reason in discarded]
        for turn, result in enumerate(sides[0].runs, start=1):
            for at, check in enumerate(result.checks):
                changes: dict[str, object] = {}
                if turn == 1 and at == 0:
                    changes["evidence"] = (*check.evidence, sides[0].samples(what))
                if turn > 1:
                    changes["subject"] = f"{check.subject} · repeat {turn}"
                self.checks.append(check.model_copy(update=changes))
        if self.baseline is not None and not invalid:
            found = compare_sides(sides, what)
            self.checks.append(baseline_check(job, sides, found))
            self.comparisons.append(BaselineComparison(tuple(side.name for side in sides), found))
        self._add_figures(job, sides[0].runs[-1], alone=alone)
        if any(side.interrupted for side in sides):
            raise KeyboardInterrupt


def _shown(note: Callable[[str], None]) -> Callable[[Progress], None]:
    return lambda at: note(at.sentence)
