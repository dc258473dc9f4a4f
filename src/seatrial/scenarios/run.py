"""Run scenarios on edges, and on their negative controls, each on a consumer of its own."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from seatrial.checks import judge_all
from seatrial.errors import InvalidRun
from seatrial.results import Check
from seatrial.scenarios.consumer import NotOnTheWire, run_on_consumer
from seatrial.scenarios.definition import Scenario
from seatrial.scenarios.verdicts import (
    Part,
    ScenarioRun,
    control_check,
    edge_checks,
    skipped_check,
    skipped_control,
    untested_checks,
)
from seatrial.system import run_async
from seatrial.testbed import ServiceLogs, Testbed

Progress = Callable[[str], None]
WORKERS = 4
"""Scenarios that run at the same time, each with a wire of its own: most of them wait."""
_MAX_RUNS = 3
"""How often a scenario runs at most, where the machine was too busy for a check to be decided.

What failed stays failed: only a scenario without any failure runs again.
"""


@dataclass
class ChaosRun:
    """What all edges' scenarios say."""

    checks: list[Check] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    """Why something that was run can't be judged."""
    interrupted: bool = False
    """Whether somebody ended it; what was found so far is in it."""


@dataclass
class BatchRun:
    """The scenarios that were run."""

    runs: list[ScenarioRun] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    interrupted: bool = False


class RunParts(Protocol):
    """Runs parts and returns what can be judged, and what can't."""

    def __call__(self, parts: Sequence[Part], *, progress: Progress) -> BatchRun:
        """Run each part."""
        ...


def run_parts(
    testbed: Testbed,
    parts: Sequence[Part],
    *,
    workers: int = WORKERS,
    progress: Progress = lambda _: None,
) -> BatchRun:
    """Run each part, and say what can't be judged.

    Args:
        testbed: the edge's wire.
        parts: scenarios, and on whom they run.
        workers: how many run at the same time.
        progress: is called with each part as it begins.

    Raises:
        UsageError: a wire can't be made.
    """
    batch = BatchRun()
    runner = Runner(testbed, batch.invalid, progress)
    try:
        run_async(runner.all(parts, workers))
    except KeyboardInterrupt:
        batch.interrupted = True
        left = len(parts) - len(runner.seen(parts))
        batch.invalid.append(f"{testbed.name}: interrupted before {left} of {len(parts)} had run")
    batch.runs = runner.seen(parts)
    return batch


def run_chaos(
    testbed: Testbed,
    scenarios: Sequence[Scenario],
    *,
    controls: bool = True,
    workers: int = WORKERS,
    progress: Progress = lambda _: None,
    run_all: RunParts | None = None,
) -> ChaosRun:
    """Run each scenario on an edge and on its negative controls.

    Args:
        testbed: the edge's wire.
        scenarios: what is run.
        controls: run the negative controls too.
        workers: how many scenarios run at the same time.
        progress: is called with each part as it begins.
        run_all: runs the parts; by default `run_parts`, on this machine's clock.

    Raises:
        UsageError: a wire can't be made.
    """
    run = ChaosRun()
    parts = list(_parts(testbed, scenarios, run, controls=controls))
    batch = (run_all or partial(run_parts, testbed, workers=workers))(parts, progress=progress)
    run.invalid += batch.invalid
    run.interrupted = batch.interrupted
    run.checks += [*edge_checks(testbed, batch.runs), *untested_checks(testbed)]
    for name, control in testbed.edge.controls.items() if controls else ():
        if testbed.repeatable:
            own = [one for one in batch.runs if one.part.control == name]
            run.checks.append(control_check(testbed, name, control, own))
        else:
            run.checks.append(skipped_control(testbed, name, control))
    return run


def _parts(
    testbed: Testbed, scenarios: Sequence[Scenario], run: ChaosRun, *, controls: bool
) -> Iterable[Part]:
    used = testbed.edge.controls if controls and testbed.repeatable else {}
    for scenario in scenarios:
        if lacks := scenario.lacks(testbed):
            run.checks.append(skipped_check(testbed, scenario, lacks))
            continue
        yield Part(scenario, None, {})
        # What disturbs a process that all share runs once: the controls' defects show elsewhere.
        for name, control in used.items() if not scenario.exclusive else ():
            yield Part(scenario, name, control.env)


class Runner:
    """Runs parts, several at the same time; those that must be alone come last."""

    def __init__(self, testbed: Testbed, invalid: list[str], progress: Progress) -> None:
        self._testbed = testbed
        self._invalid = invalid
        self._progress = progress
        self._runs: dict[Part, ScenarioRun] = {}
        self._proven: set[str | None] = set()
        """Consumers that were judged once, so that a start that fails is the machine's doing."""
        self._useless: set[str | None] = set()
        """Consumers that can't be judged at all: they don't start, or aren't on our wire."""

    async def all(self, parts: Sequence[Part], workers: int) -> list[ScenarioRun]:
        """Return everything that could be run, in the order of the parts."""
        queue = deque(part for part in parts if not part.scenario.exclusive)
        most = min(workers, len(queue)) if self._testbed.repeatable else 1
        testbeds = [self._testbed, *await self._testbed.further(most - 1)]

        async def worker(testbed: Testbed) -> None:
            while queue:
                await self._one(testbed, queue.popleft())

        await _concurrently([asyncio.create_task(worker(testbed)) for testbed in testbeds])
        for part in parts:
            if part.scenario.exclusive:
                await self._one(self._testbed, part)
        return self.seen(parts)

    def seen(self, parts: Sequence[Part]) -> list[ScenarioRun]:
        """Return what was run of these parts, in their order."""
        return [self._runs[part] for part in parts if part in self._runs]

    async def _one(self, testbed: Testbed, part: Part) -> None:
        if part.control in self._useless:
            return
        self._progress(f"{part.scenario.name} · {part.control or testbed.edge.consumer}")
        try:
            for _ in range(_MAX_RUNS):
                logs: list[ServiceLogs] = []
                evidence = await run_on_consumer(
                    testbed, part.scenario, part.env, keep_logs=logs.append
                )
                findings = judge_all(part.scenario.checks, evidence)
                run = ScenarioRun(part, evidence, findings, logs[-1])
                self._runs[part] = run
                self._proven.add(part.control)
                if run.is_decided:
                    break
        except InvalidRun as error:
            if isinstance(error, NotOnTheWire) and part.control not in self._proven:
                self._useless.add(part.control)
            self._invalid.append(f"{testbed.name}/{part.scenario.name}: {error}")


async def _concurrently(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all; where one fails, the others are cancelled and its error is raised."""
    if not tasks:
        return
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if error := task.exception():
            raise error
