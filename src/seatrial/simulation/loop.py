"""The event loop: asyncio's own, on a simulated selector, clock and network."""

import asyncio
import contextlib
from asyncio import selector_events
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Never

from seatrial.simulation.callers import waiting_lines
from seatrial.simulation.clock import NS
from seatrial.simulation.errors import (
    DeadlockError,
    SimulationError,
    UnsupportedError,
    WallClockError,
)
from seatrial.simulation.numbered import Numbers
from seatrial.simulation.processes import SimulatedProcess, context_of_a_thread, process_of
from seatrial.simulation.selector import SimulatedSelector

if TYPE_CHECKING:
    from seatrial.simulation.simulation import Simulation

_SETTLE_S = 1.0
_SETTLE_TURNS = 3
_NO_TLS = "Use http:// inside the simulation; TLS is tested on the wire."


class SimulatedLoop(selector_events.BaseSelectorEventLoop):
    """An event loop in virtual time.

    Transports, servers and streams are asyncio's own code; what they stand on is simulated.
    While it runs, its simulation is entered, so that the clocks of `time` are virtual.
    """

    def __init__(self, simulation: "Simulation") -> None:
        self.simulation = simulation
        self._simulated = SimulatedSelector(
            simulation.network, deadlocked=self._deadlocked, too_long=self._too_long
        )
        super().__init__(self._simulated)
        self._fork_failed: Callable[[BaseException], Never] | None = None
        self._numbers = Numbers(self)
        self.set_task_factory(self._numbers.task)

    def time(self) -> float:
        """Return the virtual time."""
        return self.simulation.clock.monotonic()

    def create_future(self) -> "asyncio.Future[Any]":
        """Return a future whose place in a set doesn't depend on its address."""
        return self._numbers.future()

    def run_forever(self) -> None:
        """Run until stopped, inside the simulation."""
        with self.simulation.running():
            self.simulation.network.touched = self._simulated.touched
            self.limit_again()
            try:
                super().run_forever()
            except BaseException as error:
                if self._fork_failed is not None:
                    self._fork_failed(error)
                raise

    def limit_again(self) -> None:
        """Begin again to count the real time that is limited."""
        self._simulated.limit(self.simulation.wall_limit_s)

    def begin_fork(self, failed: Callable[[BaseException], Never]) -> None:
        """Go on in a fork, with a limit of its own; what would end the loop is handed on."""
        self._fork_failed = failed
        self.limit_again()

    def forget(self, process: SimulatedProcess) -> None:
        """Let nothing happen any more that a process waits for."""
        for handle in (*self._ready, *self._scheduled):  # type: ignore[attr-defined]
            if process_of(handle._context) is process:
                handle.cancel()

    def close(self) -> None:
        """Close, after what is on its way has arrived: the end of a connection takes its time."""
        if not (self.is_closed() or self.is_running()):
            with contextlib.suppress(SimulationError):
                self.run_until_complete(self._settle())
        super().close()

    async def _settle(self) -> None:
        network, until_s = self.simulation.network, self.time() + _SETTLE_S
        while (next_ns := network.next_ns) is not None and next_ns / NS <= until_s:  # noqa: ASYNC110
            await asyncio.sleep(next_ns / NS - self.time())
        for _ in range(_SETTLE_TURNS):
            await asyncio.sleep(0)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run a function at once, in this thread, without the loop: it takes no virtual time.

        Also for an executor of threads that was given; other processes are refused.
        """
        if type(executor).__name__ == "ProcessPoolExecutor":
            raise self._refuse("a pool of processes", "Use a thread pool, which runs inline.")
        future = self.create_future()
        self.call_soon(self._run_inline, future, func, args, context=context_of_a_thread())
        return future

    async def getaddrinfo(
        self,
        host: Any,
        port: Any,
        *,
        family: int = 0,
        type: int = 0,  # noqa: A002 - asyncio's name for it
        proto: int = 0,
        flags: int = 0,
    ) -> list[Any]:
        """Return the address of a host of the simulated network."""
        return list(self.simulation.network.names.address_infos(host, port, family, flags))

    async def getnameinfo(self, sockaddr: Any, flags: int = 0) -> tuple[str, str]:
        """Return an address as it is."""
        return str(sockaddr[0]), str(sockaddr[1])

    async def create_connection(self, *args: Any, ssl: Any = None, **options: Any) -> Any:
        """Connect, without TLS."""
        if ssl:
            raise self._refuse("TLS", _NO_TLS)
        return await super().create_connection(*args, **options)

    async def create_server(self, *args: Any, ssl: Any = None, **options: Any) -> Any:
        """Listen, without TLS."""
        if ssl:
            raise self._refuse("TLS", _NO_TLS)
        return await super().create_server(*args, **options)

    async def start_tls(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("TLS (start_tls)", _NO_TLS)

    async def create_datagram_endpoint(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a datagram socket", "Only TCP is simulated.")

    async def create_unix_connection(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a Unix socket", "Listen on a host and port.")

    async def create_unix_server(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a Unix socket", "Listen on a host and port.")

    async def connect_read_pipe(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a pipe of the operating system", "Only TCP is simulated.")

    async def connect_write_pipe(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a pipe of the operating system", "Only TCP is simulated.")

    async def subprocess_exec(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a subprocess", "Such services are tested on the wire.")

    async def subprocess_shell(self, *_: Any, **__: Any) -> Never:
        """Refuse."""
        raise self._refuse("a subprocess", "Such services are tested on the wire.")

    def add_signal_handler(  # type: ignore[override]
        self, *_: Any, **__: Any
    ) -> Never:
        """Refuse."""
        raise self._refuse("a signal handler", "End the server by cancelling its task.")

    def remove_signal_handler(self, sig: int) -> bool:
        """Return False: there is none."""
        return False

    def _make_ssl_transport(self, *_: Any, **__: Any) -> Never:
        raise self._refuse("TLS", _NO_TLS)

    def _refuse(self, what: str, advice: str) -> UnsupportedError:
        return self.simulation.refuse(what, advice)

    def _run_inline(
        self, future: "asyncio.Future[Any]", func: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        if future.cancelled():
            return
        with self.simulation.inline():
            asyncio._set_running_loop(None)  # as in a thread
            try:
                result = func(*args)
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:  # noqa: BLE001 - handed on
                future.set_exception(
                    RuntimeError("StopIteration in a thread")
                    if isinstance(error, StopIteration)
                    else error
                )
            else:
                future.set_result(result)
            finally:
                asyncio._set_running_loop(self)

    def _deadlocked(self) -> Never:
        raise DeadlockError(waiting_lines(self))

    def _too_long(self) -> Never:
        limit_s = self.simulation.wall_limit_s
        assert limit_s is not None
        raise WallClockError(limit_s, self.simulation.elapsed_s, waiting_lines(self))

    def _make_self_pipe(self) -> None:
        """Need none: the selector never blocks, so nothing has to wake it."""

    def _close_self_pipe(self) -> None:
        """Close none."""

    def _write_to_self(self) -> None:
        """Wake nobody."""
