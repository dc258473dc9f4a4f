"""Telling scenarios to edges, and to their negative controls."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from seatrial.checks import judge_all
from seatrial.errors import InvalidRun
from seatrial.results import Check
from seatrial.scenarios.actor import Actor
from seatrial.scenarios.scenario import Scenario
from seatrial.scenarios.stage import Stage
from seatrial.scenarios.verdicts import (
    Part,
    Told,
    control_check,
    edge_checks,
    skipped_check,
    unplayed_control,
)
from seatrial.system import run_async

Progress = Callable[[str], None]
LANES = 4
"""Stories told side by side, each with a wire and a consumer of its own: most of them wait."""
_TELLINGS = 3
"""How often a story is told at most, where the machine was too busy for a check to be decided.

What failed stays failed: only a story without any failure is told again.
"""
_TROUPE = 5
"""Stories that one consumer is told at most."""


@dataclass
class ChaosRun:
    """What all edges' scenarios say."""

    checks: list[Check] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    """Why something that was told can't be judged."""


@dataclass
class Telling:
    """What was told."""

    told: list[Told] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


def tell_parts(
    stage: Stage,
    parts: Sequence[Part],
    *,
    lanes: int = LANES,
    progress: Progress = lambda _: None,
) -> Telling:
    """Tell each part; what can't be judged is said.

    Args:
        stage: the edge's wire.
        parts: stories, and to whom they are told.
        lanes: how many are told side by side.
        progress: is told each part as it begins.

    Raises:
        UsageError: a wire can't be made.
    """
    telling = Telling()
    telling.told = run_async(_Teller(stage, telling.invalid, progress).all(parts, lanes))
    return telling


def run_chaos(
    stage: Stage,
    scenarios: Sequence[Scenario],
    *,
    controls: bool = True,
    lanes: int = LANES,
    progress: Progress = lambda _: None,
) -> ChaosRun:
    """Tell each scenario to an edge and to its negative controls.

    Args:
        stage: the edge's wire.
        scenarios: the stories.
        controls: whether the negative controls are put through it too.
        lanes: how many stories are told side by side.
        progress: is told each part as it begins.

    Raises:
        UsageError: a wire can't be made.
    """
    run = ChaosRun()
    parts = list(_parts(stage, scenarios, run, controls=controls))
    telling = tell_parts(stage, parts, lanes=lanes, progress=progress)
    run.invalid += telling.invalid
    run.checks += edge_checks(stage, telling.told)
    for name, control in stage.edge.controls.items() if controls else ():
        if stage.repeatable:
            own = [one for one in telling.told if one.part.control == name]
            run.checks.append(control_check(stage, name, control, own))
        else:
            run.checks.append(unplayed_control(stage, name, control))
    return run


def _parts(
    stage: Stage, scenarios: Sequence[Scenario], run: ChaosRun, *, controls: bool
) -> Iterable[Part]:
    played = stage.edge.controls if controls and stage.repeatable else {}
    for scenario in scenarios:
        if lacks := stage.lacks(scenario):
            run.checks.append(skipped_check(stage, scenario, lacks))
            continue
        yield Part(scenario, None, {})
        # What disturbs a process that all share is told once: the controls' defects show elsewhere.
        for name, control in played.items() if not scenario.alone else ():
            yield Part(scenario, name, control.env)


class _Teller:
    """Tells parts, several side by side; those that must be alone come last."""

    def __init__(self, stage: Stage, invalid: list[str], progress: Progress) -> None:
        self._stage = stage
        self._invalid = invalid
        self._progress = progress
        self._told: dict[Part, Told] = {}
        self._proven: set[str | None] = set()
        """Consumers that were judged once, so that a start that fails is the machine's doing."""
        self._useless: set[str | None] = set()
        """Consumers that can't be judged at all: they don't start, or aren't on our wire."""

    async def all(self, parts: Sequence[Part], lanes: int) -> list[Told]:
        """Everything that could be told, in the order of the parts."""
        queue = deque(_troupes([part for part in parts if not part.scenario.alone]))
        most = min(lanes, len(queue)) if self._stage.repeatable else 1
        stages = [self._stage, *await asyncio.to_thread(self._stage.others, most - 1)]

        async def lane(stage: Stage) -> None:
            while queue:
                await self._perform(stage, queue.popleft())

        await _side_by_side([asyncio.create_task(lane(stage)) for stage in stages])
        for part in parts:
            if part.scenario.alone:
                await self._perform(self._stage, [part])
        return [self._told[part] for part in parts if part in self._told]

    async def _perform(self, stage: Stage, troupe: Sequence[Part]) -> None:
        """Stories for one consumer; a fresh one follows where a story may have changed it."""
        actor = Actor(stage, troupe[0].env)
        try:
            for part in troupe:
                if part.control not in self._useless:
                    await self._one(actor, part)
        finally:
            await actor.leave()

    async def _one(self, actor: Actor, part: Part) -> None:
        self._progress(f"{part.scenario.name} · {part.control or self._stage.edge.consumer}")
        try:
            for _ in range(_TELLINGS):
                evidence = await actor.play(part.scenario)
                told = Told(part, evidence, judge_all(part.scenario.checks, evidence))
                self._told[part] = told
                self._proven.add(part.control)
                if not (part.scenario.gentle and told.is_clean):
                    await actor.leave()
                if told.is_decided:
                    break
        except InvalidRun as error:
            if not actor.was_on_the_wire and part.control not in self._proven:
                self._useless.add(part.control)
            await actor.leave()
            self._invalid.append(f"{self._stage.name}/{part.scenario.name}: {error}")


def _troupes(parts: Sequence[Part]) -> list[list[Part]]:
    """Parts that may share a consumer, a few together so that there is something for each lane."""
    gentle: dict[str | None, list[Part]] = {}
    troupes = []
    for part in parts:
        if part.scenario.gentle:
            gentle.setdefault(part.control, []).append(part)
        else:
            troupes.append([part])
    for shared in gentle.values():
        troupes += [shared[n : n + _TROUPE] for n in range(0, len(shared), _TROUPE)]
    # The longest first, so that no lane is left with one at the end.
    return sorted(troupes, key=len, reverse=True)


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
