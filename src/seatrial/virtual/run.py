"""Run a coroutine while a testbed stands in a simulation, and listen to its applications."""

import io
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from typing import Any, TypeVar

from seatrial.errors import InvalidRun
from seatrial.simulation import DeadlockError, Simulation, SimulationError, WallClockError
from seatrial.virtual.testbed import VirtualTestbed

T = TypeVar("T")

WALL_LIMIT_S = 600.0
"""For a busy machine; what repeats without end is found by it all the same."""
_LAST_WORDS = 10


@dataclass
class VirtualFigures:
    """What the runs took."""

    virtual_s: float = 0.0
    """The time that passed in the simulations."""


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
    simulation = Simulation(seed=testbed.seed, wall_limit_s=WALL_LIMIT_S)

    async def standing() -> T:
        async with testbed.standing(simulation):
            return await work()

    with listened_to() as words:
        try:
            found = simulation.run(standing())
        except (SimulationError, InvalidRun) as error:
            raise InvalidRun(reason(testbed.name, error, words)) from None
        finally:
            if figures is not None:
                figures.virtual_s += simulation.elapsed_s
    if simulation.refused:
        raise InvalidRun(simulation.refused[0])
    return found


@dataclass
class Words:
    """What the applications wrote while they ran."""

    out: io.StringIO = field(default_factory=io.StringIO)
    logged: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The last lines."""
        return "\n".join((self.logged or self.out.getvalue().splitlines())[-_LAST_WORDS:])


def reason(place: str, error: object, words: Words) -> str:
    """Return why a run proves nothing, with what its applications said last."""
    # A run that was broken off ends in errors that say nothing more.
    broken_off = isinstance(error, DeadlockError | WallClockError)
    said = f". It said last:\n{words.last}" if words.last and not broken_off else ""
    return f"{place}: {error}{said}"


@contextmanager
def listened_to() -> Iterator[Words]:
    """Keep what applications print and log, as a process's output is kept."""
    words = Words()
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
