"""Run scenarios in virtual time, all from one moment: the provider stands and has its entities."""

import asyncio
import gc
import os
import traceback
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from seatrial.checks import Evidence, Finding, judge_all
from seatrial.errors import InvalidRun, SeatrialError
from seatrial.scenarios import (
    BatchRun,
    OutOfEntities,
    Part,
    Progress,
    ScenarioRun,
    environment_of,
    run_on_consumer,
)
from seatrial.simulation import Simulation, SimulationError
from seatrial.virtual.forks import Forks
from seatrial.virtual.run import WALL_LIMIT_S, VirtualFigures, Words, listened_to, reason
from seatrial.virtual.testbed import VirtualTestbed

_FEW_ENTITIES, _MORE = 32, 3
_MANY_DECLARED = 100
"""Who declares this many mostly needs more than a few."""


def run_parts_virtually(
    testbed: VirtualTestbed,
    parts: Sequence[Part],
    *,
    progress: Progress = lambda _: None,
    figures: VirtualFigures | None = None,
) -> BatchRun:
    """Run each part from the same moment of a simulation, and say what can't be judged.

    What a part shows depends on the seed alone, so that it is the same whichever others run.
    Several run in forks of one simulation, since to start the provider and to make its entities
    takes as long as a scenario; a single one runs in this process.

    Args:
        testbed: the edge's.
        parts: scenarios, and on whom they run.
        progress: is called with each part as it begins.
        figures: receives how much virtual time passed.

    Raises:
        UsageError: an application can't be loaded.
    """
    runs = _Runs(testbed, parts, progress, figures or VirtualFigures())
    numbers = range(len(parts))
    batch = BatchRun()
    try:
        if len(parts) > 1 and hasattr(os, "fork"):
            runs.run(numbers, in_forks=True)
        else:
            for number in numbers:
                runs.run([number], in_forks=False)
                if not gc.get_freeze_count():
                    gc.freeze()  # what is loaded stays: a tenth of a run is to look through it
    except KeyboardInterrupt:
        batch.interrupted = True
    outcomes = [runs.outcomes[number] for number in sorted(runs.outcomes)]
    batch.runs = [one for one in outcomes if isinstance(one, ScenarioRun)]
    batch.invalid = [one for one in outcomes if isinstance(one, str)]
    return batch


@dataclass(frozen=True)
class _Seen:
    """What one run showed."""

    evidence: Evidence
    findings: Mapping[str, Finding]
    ended_s: float
    """The virtual time at its end."""


_Said = tuple[int, object, float]
"""A part's number, what came of it or None as it begins, and the virtual time that it took."""


class _Runs:
    """Parts by their number, and what came of them."""

    def __init__(
        self,
        testbed: VirtualTestbed,
        parts: Sequence[Part],
        progress: Progress,
        figures: VirtualFigures,
    ) -> None:
        self.outcomes: dict[int, ScenarioRun | str] = {}
        """Its run, or why it proves nothing."""
        self._testbed = testbed
        self._parts = parts
        self._progress = progress
        self._figures = figures
        self._most = [_first_guess(part) for part in parts]
        """The number of entities that it may have: more, where it turns out to need them."""

    def run(self, numbers: Sequence[int], *, in_forks: bool) -> None:
        """Run parts in one simulation, each in a fork of it; a single one also without."""
        while left := self._left(numbers):
            simulation = Simulation(seed=self._testbed.seed, wall_limit_s=WALL_LIMIT_S)
            with listened_to() as words:
                try:
                    simulation.run(self._at_rest(simulation, left, words, in_forks=in_forks))
                except (SimulationError, InvalidRun) as error:
                    for number in self._left(left):
                        self.outcomes[number] = self._reason(number, error, words)
                finally:
                    self._figures.virtual_s += simulation.elapsed_s

    async def _at_rest(
        self, simulation: Simulation, numbers: Sequence[int], words: Words, *, in_forks: bool
    ) -> None:
        """Run parts, those first that need the fewest entities."""
        async with self._testbed.standing(simulation):
            for most in _sizes():
                await self._testbed.rest(most)
                ready = [one for one in self._left(numbers) if self._most[one] == most]
                if ready and not in_forks:
                    self._take(ready[0], await self._here(simulation, ready[0], words))
                    return  # what it did stays in this simulation
                with Forks(simulation, self._testbed.scratch) as forks:
                    for group in self._groups(ready):
                        await self._run_group(simulation, forks, group, words)
                if not self._left(numbers):
                    return

    def _groups(self, numbers: Sequence[int]) -> Collection[Sequence[int]]:
        """Return parts together whose consumer can be started once: at one moment, as set alike."""
        groups: dict[Hashable, list[int]] = {}
        for number in numbers:
            part = self._parts[number]
            env = environment_of(self._testbed, part.scenario, part.env)
            groups.setdefault(tuple(sorted(env.items())), []).append(number)
        return groups.values()

    async def _run_group(
        self, simulation: Simulation, forks: Forks, numbers: Sequence[int], words: Words
    ) -> None:
        """Run parts in a fork of their own, in which their consumer is started."""
        left = list(numbers)

        def hear(said: _Said) -> None:
            number, found, virtual_s = said
            if found is None:
                self._begin(number)
                return
            left.remove(number)
            self._figures.virtual_s += virtual_s
            self._take(number, found)

        async def run() -> None:
            part = self._parts[numbers[0]]
            env = environment_of(self._testbed, part.scenario, part.env)
            await self._testbed.start_consumer(env)
            with Forks(simulation, self._testbed.scratch) as own:
                for number in numbers:
                    forks.say((number, None, 0.0))
                    forks.say(await self._in_fork(simulation, own, number, words))

        def failed(error: BaseException) -> Mapping[int, object]:
            said = self._ended_in(numbers[0], words, error)
            if isinstance(said, BaseException):
                return dict.fromkeys(numbers, said)
            return {one: self._reason(one, error, words) for one in numbers}

        if len(numbers) == 1:
            hear((numbers[0], None, 0.0))
            hear(await self._in_fork(simulation, forks, numbers[0], words))
            return
        end = await forks.run(run, failed, hear)
        for number in tuple(left):
            found = (end.value or {}).get(number)
            hear((number, found or self._no_word(number, words), 0.0))

    async def _here(self, simulation: Simulation, number: int, words: Words) -> object:
        self._begin(number)
        try:
            return await self._seen(simulation, number)
        except (SimulationError, InvalidRun) as error:
            return self._ended_in(number, words, error)

    async def _in_fork(
        self, simulation: Simulation, forks: Forks, number: int, words: Words
    ) -> _Said:
        """Run a part, and return what is to be said of it."""
        began_s = simulation.elapsed_s
        end = await forks.run(
            partial(self._seen, simulation, number), partial(self._ended_in, number, words)
        )
        virtual_s = end.value.ended_s - began_s if isinstance(end.value, _Seen) else 0.0
        task = asyncio.current_task()
        if task is not None and task.cancelling():  # Ctrl-C, while the fork was waited for
            return number, KeyboardInterrupt(), virtual_s
        return number, end.value or self._no_word(number, words), virtual_s

    def _no_word(self, number: int, words: Words) -> str:
        return self._reason(number, "its process ended without a word", words)

    def _begin(self, number: int) -> None:
        part = self._parts[number]
        self._progress(f"{part.scenario.name} · {part.control or self._testbed.edge.consumer}")

    async def _seen(self, simulation: Simulation, number: int) -> _Seen:
        part = self._parts[number]
        evidence = await run_on_consumer(self._testbed, part.scenario, part.env)
        if simulation.refused:
            raise InvalidRun(simulation.refused[0])
        return _Seen(evidence, judge_all(part.scenario.checks, evidence), simulation.elapsed_s)

    def _take(self, number: int, found: object) -> None:
        if isinstance(found, OutOfEntities):
            self._most[number] *= _MORE
        elif isinstance(found, BaseException):
            raise found
        elif isinstance(found, _Seen):
            part = self._parts[number]
            self.outcomes[number] = ScenarioRun(part, found.evidence, found.findings)
        else:
            self.outcomes[number] = str(found)

    def _ended_in(self, number: int, words: Words, error: BaseException) -> str | BaseException:
        """Return why a part proves nothing, or the error that isn't about it alone."""
        if isinstance(error, OutOfEntities) and self._may_have_more(number):
            return error
        if isinstance(error, SimulationError | InvalidRun):
            return self._reason(number, error, words)
        if isinstance(error, asyncio.CancelledError):  # as Ctrl-C ends the main task
            return KeyboardInterrupt()
        if not isinstance(error, SeatrialError):
            error.add_note("".join(traceback.format_exception(error)))
        return error

    def _may_have_more(self, number: int) -> bool:
        scenario, policy = self._parts[number].scenario, self._testbed.edge.policy
        return self._most[number] < scenario.entities_for(policy)

    def _left(self, numbers: Sequence[int]) -> list[int]:
        return [number for number in numbers if number not in self.outcomes]

    def _reason(self, number: int, error: object, words: Words) -> str:
        place = f"{self._testbed.name}/{self._parts[number].scenario.name}"
        return reason(place, error, words)


def _first_guess(part: Part) -> int:
    return _FEW_ENTITIES * (_MORE if part.scenario.entities >= _MANY_DECLARED else 1)


def _sizes() -> Iterator[int]:
    most = _FEW_ENTITIES
    while True:
        yield most
        most *= _MORE
