"""Run scenarios in virtual time, each in a simulation of its own."""

import gc
import io
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seatrial.checks import Evidence, judge_all
from seatrial.errors import InvalidRun
from seatrial.scenarios import (
    BatchRun,
    OutOfEntities,
    Part,
    Progress,
    ScenarioRun,
    run_on_consumer,
)
from seatrial.simulation import DeadlockError, Simulation, SimulationError, WallClockError
from seatrial.virtual.testbed import VirtualTestbed

T = TypeVar("T")

_WALL_LIMIT_S = 600.0
"""For a busy machine; what repeats without end is found by it all the same."""
_LAST_WORDS = 10
_FEW_ENTITIES, _MORE = 32, 3
_MANY_DECLARED = 100
"""Who declares this many mostly needs more than a few."""


@dataclass
class VirtualFigures:
    """What the runs took."""

    virtual_s: float = 0.0
    """The time that passed in the simulations."""


def run_parts_virtually(
    testbed: VirtualTestbed,
    parts: Sequence[Part],
    *,
    progress: Progress = lambda _: None,
    figures: VirtualFigures | None = None,
) -> BatchRun:
    """Run each part in a simulation of its own, and say what can't be judged.

    A part's simulation depends on the seed alone, so that it is the same whichever others run.

    Args:
        testbed: the edge's.
        parts: scenarios, and on whom they run.
        progress: is called with each part as it begins.
        figures: receives how much virtual time passed.

    Raises:
        UsageError: an application can't be loaded.
    """
    batch = BatchRun()
    for part in parts:
        progress(f"{part.scenario.name} · {part.control or testbed.edge.consumer}")
        with _listened_to() as words:
            try:
                batch.runs.append(_run(testbed, part, figures or VirtualFigures()))
            except (SimulationError, InvalidRun) as error:
                place = f"{testbed.name}/{part.scenario.name}"
                batch.invalid.append(_reason(place, error, words))
            except KeyboardInterrupt:
                batch.interrupted = True
                return batch
        if not gc.get_freeze_count():
            gc.freeze()  # what is loaded now stays: a tenth of a run is to look through it again
    return batch


def run_in_simulation(
    testbed: VirtualTestbed,
    work: Callable[[], Coroutine[Any, Any, T]],
    *,
    figures: VirtualFigures | None = None,
) -> T:
    """Run a coroutine while the testbed stands in a simulation of its own.

    Args:
        testbed: the edge's.
        work: makes the coroutine.
        figures: receives how much virtual time passed.

    Raises:
        InvalidRun: it can't be judged, as when an application asked for what was refused.
        UsageError: an application can't be loaded.
    """
    simulation = Simulation(seed=testbed.seed, wall_limit_s=_WALL_LIMIT_S)

    async def standing() -> T:
        async with testbed.standing(simulation):
            return await work()

    with _listened_to() as words:
        try:
            found = simulation.run(standing())
        except (SimulationError, InvalidRun) as error:
            raise InvalidRun(_reason(testbed.name, error, words)) from None
        finally:
            if figures is not None:
                figures.virtual_s += simulation.elapsed_s
    if simulation.refused:
        raise InvalidRun(simulation.refused[0])
    return found


def _run(testbed: VirtualTestbed, part: Part, figures: VirtualFigures) -> ScenarioRun:
    """Run a part with a few entities, and where it needs more again with more.

    To make an entity takes as long as to run a scenario with it.
    """
    most = _FEW_ENTITIES * (_MORE if part.scenario.entities >= _MANY_DECLARED else 1)
    while True:
        simulation = Simulation(seed=testbed.seed, wall_limit_s=_WALL_LIMIT_S)
        try:
            evidence = simulation.run(_evidence(simulation, testbed, part, most))
        except OutOfEntities:
            if most >= part.scenario.entities_for(testbed.edge.policy):
                raise
            most *= _MORE
            continue
        finally:
            figures.virtual_s += simulation.elapsed_s
        if simulation.refused:
            raise InvalidRun(simulation.refused[0])
        return ScenarioRun(part, evidence, judge_all(part.scenario.checks, evidence))


async def _evidence(
    simulation: Simulation, testbed: VirtualTestbed, part: Part, most_entities: int
) -> Evidence:
    async with testbed.standing(simulation, most_entities):
        return await run_on_consumer(testbed, part.scenario, part.env)


@dataclass
class _Words:
    """What the applications wrote while they ran."""

    out: io.StringIO = field(default_factory=io.StringIO)
    logged: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The last lines."""
        return "\n".join((self.logged or self.out.getvalue().splitlines())[-_LAST_WORDS:])


def _reason(place: str, error: Exception, words: _Words) -> str:
    # A run that was broken off ends in errors that say nothing more.
    broken_off = isinstance(error, DeadlockError | WallClockError)
    said = f". It said last:\n{words.last}" if words.last and not broken_off else ""
    return f"{place}: {error}{said}"


@contextmanager
def _listened_to() -> Iterator[_Words]:
    """Keep what applications print and log, as a process's output is kept."""
    words = _Words()
    handler = _Keeping(words.logged.append)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        with redirect_stdout(words.out):
            yield words
    finally:
        root.removeHandler(handler)


class _Keeping(logging.Handler):
    """Keeps warnings and errors."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._keep = keep

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self._keep(self.format(record))
