"""Run scenarios on edges, and to their negative controls."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seatrial.checks import judge_all
from seatrial.errors import InvalidRun
from seatrial.results import Check
from seatrial.scenarios.consumer import ConsumerHandle
from seatrial.scenarios.scenario import Scenario
from seatrial.scenarios.verdicts import (
    Part,
    ScenarioRun,
    control_check,
    edge_checks,
    skipped_check,
    unplayed_control,
)
from seatrial.system import run_async
from seatrial.testbed import Testbed

Progress = Callable[[str], None]
WORKERS = 4
"""Stories told side by side, each with a wire and a consumer of its own: most of them wait."""
_MAX_RUNS = 3
"""How often a story is told at most, where the machine was too busy for a check to be decided.

What failed stays failed: only a story without any failure is told again.
"""
_BATCH = 5
"""Stories that one consumer is told at most."""


@dataclass
class ChaosRun:
    """What all edges' scenarios say."""

    checks: list[Check] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    """Why something that was told can't be judged."""


@dataclass
class BatchRun:
    """What was told."""

    runs: list[ScenarioRun] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


def run_parts(
    testbed: Testbed,
    parts: Sequence[Part],
    *,
    workers: int = WORKERS,
    progress: Progress = lambda _: None,
) -> BatchRun:
    """Tell each part; what can't be judged is said.

    Args:
        testbed: the edge's wire.
        parts: stories, and to whom they are told.
        workers: how many are told side by side.
        progress: is told each part as it begins.

    Raises:
        UsageError: a wire can't be made.
    """
    batch = BatchRun()
    batch.runs = run_async(Runner(testbed, batch.invalid, progress).all(parts, workers))
    return batch


def run_chaos(
    testbed: Testbed,
    scenarios: Sequence[Scenario],
    *,
    controls: bool = True,
    workers: int = WORKERS,
    progress: Progress = lambda _: None,
) -> ChaosRun:
    """Tell each scenario to an edge and to its negative controls.

    Args:
        testbed: the edge's wire.
        scenarios: the stories.
        controls: whether the negative controls are put through it too.
        workers: how many stories are told side by side.
        progress: is told each part as it begins.

    Raises:
        UsageError: a wire can't be made.
    """
    run = ChaosRun()
    parts = list(_parts(testbed, scenarios, run, controls=controls))
    batch = run_parts(testbed, parts, workers=workers, progress=progress)
    run.invalid += batch.invalid
    run.checks += edge_checks(testbed, batch.runs)
    for name, control in testbed.edge.controls.items() if controls else ():
        if testbed.repeatable:
            own = [one for one in batch.runs if one.part.control == name]
            run.checks.append(control_check(testbed, name, control, own))
        else:
            run.checks.append(unplayed_control(testbed, name, control))
    return run


def _parts(
    testbed: Testbed, scenarios: Sequence[Scenario], run: ChaosRun, *, controls: bool
) -> Iterable[Part]:
    played = testbed.edge.controls if controls and testbed.repeatable else {}
    for scenario in scenarios:
        if lacks := scenario.lacks(testbed):
            run.checks.append(skipped_check(testbed, scenario, lacks))
            continue
        yield Part(scenario, None, {})
        # What disturbs a process that all share is told once: the controls' defects show elsewhere.
        for name, control in played.items() if not scenario.exclusive else ():
            yield Part(scenario, name, control.env)


class Runner:
    """Tells parts, several side by side; those that must be alone come last."""

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
        """Everything that could be run, in the order of the parts."""
        queue = deque(_batches([part for part in parts if not part.scenario.exclusive]))
        most = min(workers, len(queue)) if self._testbed.repeatable else 1
        testbeds = [self._testbed, *await self._testbed.further(most - 1)]

        async def worker(testbed: Testbed) -> None:
            while queue:
                await self._run_batch(testbed, queue.popleft())

        await _side_by_side([asyncio.create_task(worker(testbed)) for testbed in testbeds])
        for part in parts:
            if part.scenario.exclusive:
                await self._run_batch(self._testbed, [part])
        return [self._runs[part] for part in parts if part in self._runs]

    async def _run_batch(self, testbed: Testbed, batch: Sequence[Part]) -> None:
        """Stories for one consumer; a fresh one follows where a story may have changed it."""
        consumer = ConsumerHandle(testbed, batch[0].env)
        try:
            for part in batch:
                if part.control not in self._useless:
                    await self._one(consumer, part)
        finally:
            await consumer.leave()

    async def _one(self, consumer: ConsumerHandle, part: Part) -> None:
        self._progress(f"{part.scenario.name} · {part.control or self._testbed.edge.consumer}")
        try:
            for _ in range(_MAX_RUNS):
                evidence = await consumer.play(part.scenario)
                run = ScenarioRun(part, evidence, judge_all(part.scenario.checks, evidence))
                self._runs[part] = run
                self._proven.add(part.control)
                if not (part.scenario.reusable and run.is_clean):
                    await consumer.leave()
                if run.is_decided:
                    break
        except InvalidRun as error:
            if not consumer.was_on_the_wire and part.control not in self._proven:
                self._useless.add(part.control)
            await consumer.leave()
            self._invalid.append(f"{self._testbed.name}/{part.scenario.name}: {error}")


def _batches(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that may share a consumer, a few together so that each worker has something."""
    reusable: dict[str | None, list[Part]] = {}
    batches = []
    for part in parts:
        if part.scenario.reusable:
            reusable.setdefault(part.control, []).append(part)
        else:
            batches.append([part])
    for shared in reusable.values():
        batches += [shared[n : n + _BATCH] for n in range(0, len(shared), _BATCH)]
    # The longest first, so that no worker is left with one at the end.
    return sorted(batches, key=len, reverse=True)


async def _side_by_side(tasks: Sequence[asyncio.Task[None]]) -> None:
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
