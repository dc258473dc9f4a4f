"""Runs that are alike up to a moment, each in a fork of a process that has come to it.

At each moment a process stays, and is forked for every order that begins to differ there. What is
asked for later differs later: another fork takes it, goes on as if nothing were to happen, and
stays at the next moment. So what comes before a moment is done once, and not in each run.
"""

import os
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, Self, TypeVar

from seatrial.simulation import Simulation
from seatrial.virtual.forks import Fork, ForkEnd, Forks, import_alike, receive, send

Order = TypeVar("Order")
_MOST = 12
"""Moments at which a process stays, each with about 20 MB that changed since the one before."""


@dataclass(frozen=True)
class _Stays:
    """What a fork says that waits at a moment for the next order."""

    end: ForkEnd


class Moments(Generic[Order]):
    """The moments of one run, and who stays at them."""

    def __init__(
        self, simulation: Simulation, folder: Path, failed: Callable[[BaseException], object]
    ) -> None:
        """Begin with the moment that the simulation has come to.

        Args:
            simulation: that runs.
            folder: where what stands writes its files.
            failed: makes of the error that a fork ended in what is returned instead.
        """
        self._simulation, self._folder, self._failed = simulation, folder, failed
        self._forks = Forks(simulation, folder)
        self._next: tuple[Fork, int] | None = None
        self._orders = -1
        self._order: Order | None = None
        self._left = _MOST

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End who stays; each ends those after it."""
        if self._next is not None:
            (fork, to), self._next = self._next, None
            os.close(to)
            fork.end()

    async def run(self, order: Order, work: Callable[[], Coroutine[Any, Any, object]]) -> ForkEnd:
        """Run a coroutine in a fork under an order; here no time passes.

        Args:
            order: what is to happen; pickled.
            work: makes the coroutine, which calls `reached` at each moment; not in each run.
        """
        end = self._passed_on(order)
        if end is None:
            try:
                value = await work()
            except BaseException as error:  # noqa: BLE001 - said by whoever waits for it
                value = self._failed(error)
            self._forks.leave(value)
        return end

    def reached(self, differs: Callable[[Order], bool]) -> Order:
        """Return the order under which the run goes on from a moment, each time in another fork.

        Args:
            differs: says whether a run under an order isn't as all others from here on.
        """
        order, before = self._order, self._forks
        assert order is not None
        if not self._left:
            return order
        self._left -= 1
        self._forks, self._next = Forks(self._simulation, self._folder), None
        spent_s = time.process_time()
        while order is not None:
            end = (
                self._run_from_here(order)
                if differs(order) or not self._left
                else self._passed_on(order)
            )
            if end is None:
                return order
            before.say(_Stays(replace(end, cpu_s=end.cpu_s + spent_s)))
            spent_s = 0.0
            order = receive(self._orders)
        os._exit(0)

    def _run_from_here(self, order: Order) -> ForkEnd | None:
        """Run to the end in a fork, which is where None is returned."""
        fork = self._forks.begin(self._failed)
        if fork is None:
            self._order, self._left = order, 0
            return None
        end = fork.end()
        import_alike(end)
        return end

    def _passed_on(self, order: Order) -> ForkEnd | None:
        """Let a fork run it that goes on to the next moment, which is where None is returned."""
        if self._next is None:
            orders, to = os.pipe()
            fork = self._forks.begin(self._failed)
            if fork is None:
                os.close(to)
                self._orders, self._order = orders, order
                return None
            os.close(orders)
            self._next = fork, to
        else:
            fork, to = self._next
            with suppress(BrokenPipeError):
                send(to, order)
        said = fork.hear()
        if isinstance(said, _Stays):
            end = said.end
        else:  # it came to no other moment
            self._next = None
            os.close(to)
            end = fork.end()
        import_alike(end)
        return end
