"""A simulation: a clock, a network, and the loops that run on them."""

import asyncio
import importlib
import os
import random
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Never, Self, TypeVar

from seatrial.simulation.callers import asking_line
from seatrial.simulation.clock import EPOCH_S, VirtualClock, seeded, set_clock_here
from seatrial.simulation.errors import SimulationError, UnsupportedError
from seatrial.simulation.links import NetworkLink
from seatrial.simulation.loop import SimulatedLoop
from seatrial.simulation.network import Network
from seatrial.simulation.refusals import THREAD, set_refusing_here
from seatrial.simulation.stand_ins import (
    install,
    set_simulation_here,
    simulation_here,
    uninstall,
)

T = TypeVar("T")


class Simulation:
    """Virtual time and a network in memory, for asyncio code that knows nothing of it.

    As a context manager it replaces, in this thread, the functions of `time`, `datetime.now`,
    `random`'s seed, `os.urandom` and name lookups. Import the application inside (see `load`): a
    default argument such as `clock=time.monotonic` is bound when its module is imported.

    Attributes:
        clock: The virtual clock.
        network: The simulated network.
        wall_limit_s: How long one run may take in real time; None is for ever.
        refused: What the application asked for and didn't get, each with its line; an
            application may have swallowed the errors.
        allow_threads: Whether the application may start threads.
        is_running: Whether a loop of it runs now.
        rng: The source of what `os.urandom` returns.
        import_rng: The same for modules that are being imported, which happens once in a process.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        latency_s: float = 0.0005,
        epoch_s: int = EPOCH_S,
        wall_limit_s: float | None = 60.0,
        allow_threads: bool = False,
    ) -> None:
        """Set up a simulation.

        Args:
            seed: Decides all chance: jitter, `random`, `uuid4`.
            latency_s: What a segment takes on a link, one way.
            epoch_s: What `time.time` says at the beginning.
            wall_limit_s: How long one run may take in real time.
            allow_threads: Let the application start threads. They live in real time, and make the
                run irreproducible.
        """
        self.clock = VirtualClock(epoch_s)
        self.network = Network(self.clock, seed=seed, latency_s=latency_s, refuse=self.refuse)
        self.wall_limit_s = wall_limit_s
        self.refused: list[str] = []
        self.rng = seeded(f"urandom {seed}")
        self.import_rng = seeded(f"import {seed}")
        self.is_running = False
        self._seed = seed
        self.allow_threads = allow_threads
        self._depth = 0
        self._runs = 0
        self._before: Any = None
        self._random_state: Any = None

    def __enter__(self) -> Self:
        if self._depth == 0:
            if simulation_here() is not None:
                raise SimulationError("a simulation can't be entered inside another one")
            install()
            set_clock_here(self.clock)
            set_simulation_here(self)
            self._before = random.getstate()
            if self._random_state is None:
                random.seed(str(self._seed))
            else:
                random.setstate(self._random_state)
        self._depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._random_state = random.getstate()
            random.setstate(self._before)
            set_simulation_here(None)
            set_clock_here(None)
            uninstall()

    @property
    def elapsed_s(self) -> float:
        """The virtual time since the beginning."""
        return self.clock.elapsed_s

    def link(self, host: str, port: int) -> NetworkLink:
        """Return the link to a host and port, on which faults are put."""
        return self.network.link(host, port)

    def load(self, target: str, *, factory: bool = False) -> Any:
        """Import an application by its `module:attribute`, inside the simulation.

        Args:
            target: As for ASGI servers, `shop.main:app`.
            factory: The attribute is a function that returns the application.

        Raises:
            SimulationError: there is no such attribute, or the target isn't of that form.
        """
        module_name, colon, path = target.partition(":")
        if not (module_name and colon and path):
            raise SimulationError(f"{target!r} must be module:attribute, as in shop.main:app")
        with self:
            found: Any = importlib.import_module(module_name)
            for name in path.split("."):
                if not hasattr(found, name):
                    raise SimulationError(f"the module {module_name!r} has no {path!r}")
                found = getattr(found, name)
            return found() if factory else found

    def new_event_loop(self) -> SimulatedLoop:
        """Return a loop in this simulation, as a loop factory does."""
        return SimulatedLoop(self)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end on a fresh loop, as `asyncio.run` does.

        Raises:
            DeadlockError: all tasks wait for something that can't happen any more.
            WallClockError: it took too long in real time.
        """
        with self:
            self._seed_chance()
            runner = asyncio.Runner(loop_factory=self.new_event_loop)
            try:
                result = runner.run(main)
            except BaseException:
                with suppress(SimulationError):  # what made it fail says more
                    runner.close()
                raise
            runner.close()
            return result

    def _seed_chance(self) -> None:
        """Begin a run with chance of its own: what imports drew depends on the process."""
        self._runs += 1
        random.seed(f"{self._seed} {self._runs}")
        self.rng.seed(f"urandom {self._seed} {self._runs}")

    def limit_again(self) -> None:
        """Begin again to count the real time that a run may take, after something else took it."""
        self.loop.limit_again()

    def fork(self, failed: Callable[[BaseException], Never]) -> int:
        """Fork the process, as `os.fork` does; the simulation goes on in both, from here.

        Args:
            failed: is called in the fork with what would end its loop, such as a deadlock. It ends
                the process: who called `run` waits for another one.
        """
        loop = self.loop
        set_refusing_here(None)
        chance = random.getstate()
        try:
            pid = os.fork()
        finally:
            set_refusing_here(self._refuse_from_audit)
        if pid == 0:  # asyncio asks whether the loop was made to run by this very process
            asyncio._set_running_loop(loop)
            random.setstate(chance)  # Python gives a fork another seed
            loop.begin_fork(failed)
        return pid

    @property
    def loop(self) -> SimulatedLoop:
        """The loop that runs."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        return loop

    def refuse(self, what: str, advice: str) -> UnsupportedError:
        """Note that something was refused, and return the error to raise."""
        error = UnsupportedError(what, asking_line(), advice)
        self.refused.append(str(error))
        return error

    @contextmanager
    def running(self) -> Iterator[None]:
        """Enter the simulation for the time in which a loop runs."""
        with self:
            self.is_running = True
            set_refusing_here(self._refuse_from_audit)
            try:
                yield
            finally:
                set_refusing_here(None)
                self.is_running = False

    @contextmanager
    def inline(self) -> Iterator[None]:
        """Run something that believes itself in a thread: it can't sleep, since the loop would."""
        advance, self.clock.blocked = self.clock.blocked, self._refuse_sleep
        try:
            yield
        finally:
            self.clock.blocked = advance

    def _refuse_sleep(self, seconds: float) -> None:
        raise self.refuse(
            f"time.sleep({seconds:g}) in a thread", "Threads run inline; use asyncio.sleep."
        )

    def _refuse_from_audit(self, what: str, advice: str) -> Exception | None:
        if self.allow_threads and what.startswith(THREAD):
            return None
        return self.refuse(what, advice)
