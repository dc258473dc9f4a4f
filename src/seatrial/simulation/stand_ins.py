"""Puts the simulation's functions in the place of those of `time`, `socket`, `select` and `os`.

Each stand-in asks which thread calls: outside a simulation it does what the real one does. So they
can stay in place for as long as a process needs them, from before the application is imported.
"""

import copyreg
import datetime
import importlib
import importlib.util
import os
import random
import select
import signal
import socket
import ssl  # noqa: F401 - derives a class from socket.socket, which must be the real one
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime as RealDatetime  # noqa: N812 - the class that is replaced
from threading import get_ident
from types import FrameType
from typing import TYPE_CHECKING, Any

from seatrial.simulation.clock import STAND_INS, Real
from seatrial.simulation.dates import VirtualDatetime, reduce_for_pickle
from seatrial.simulation.loop import SimulatedLoop
from seatrial.simulation.rebinding import rebind, rebind_class
from seatrial.simulation.refusals import THREAD, THREAD_ADVICE
from seatrial.simulation.sockets import SimulatedSocket
from seatrial.simulation.sqlite import replace_aiosqlite

if TYPE_CHECKING:
    from seatrial.simulation.simulation import Simulation

_IMPORT = "<frozen importlib._bootstrap>"
_here: dict[int, "Simulation"] = {}
"""The simulation that each thread is in."""
_RealSocket = socket.socket
_real_socketpair = socket.socketpair
_real_getaddrinfo = socket.getaddrinfo
_real_gethostbyname = socket.gethostbyname
_real_poll = getattr(select, "poll", None)
_real_urandom = os.urandom
_real_signal = signal.signal
_real_start_thread = threading.Thread.start
_replaced: list[tuple[Any, str, Any]] = []
_missing: list[str] = []
_users: list[object] = []
_known: set[str] = set()
"""Modules that hold no real function any more."""


def set_simulation_here(simulation: "Simulation | None") -> None:
    """Say which simulation this thread is in."""
    if simulation is None:
        _here.pop(get_ident(), None)
    else:
        _here[get_ident()] = simulation


def simulation_here() -> "Simulation | None":
    """Return the simulation that this thread is in."""
    return _here.get(get_ident())


def install() -> None:
    """Put the stand-ins in place; each call needs one of `uninstall`.

    What was imported before and has bound a function of `time` gets its stand-in, for good.
    """
    _users.append(None)
    if len(_users) == 1:
        _rebind()
        _replace_all()
    _replace_anyio()


def uninstall() -> None:
    """Take them away when nobody needs them any more."""
    _users.pop()
    if not _users:
        while _replaced:
            module, name, real = _replaced.pop()
            setattr(module, name, real)
        copyreg.dispatch_table.pop(RealDatetime, None)
        while _missing:
            sys.modules.pop(_missing.pop(), None)
        _known.update(sys.modules)


def _rebind() -> None:
    if sys.modules.keys() - _known:  # the standard library is left as it is
        rebind(
            {getattr(Real, name): new for name, new in STAND_INS.items()}
            | {_real_urandom: _urandom}
        )
        rebind_class(RealDatetime, VirtualDatetime)
        _known.update(sys.modules)


def _replace_all() -> None:
    for name, stand_in in STAND_INS.items():
        _replace(time, name, stand_in)
    _replace(datetime, "datetime", VirtualDatetime)
    copyreg.pickle(RealDatetime, reduce_for_pickle)
    _replace(socket, "socket", _AnySocket)
    _replace(socket, "socketpair", _socketpair)
    _replace(socket, "getaddrinfo", _getaddrinfo)
    _replace(socket, "gethostbyname", _gethostbyname)
    if _real_poll is not None:
        _replace(select, "poll", _poll)
    _replace(os, "urandom", _urandom)
    _replace(random, "_urandom", _urandom)
    _replace(signal, "signal", _signal)
    _replace(threading.Thread, "start", _start_thread)
    _mark_missing("sniffio")
    replace_aiosqlite(_replace, _is_running_here)


def _replace(module: Any, name: str, stand_in: Any) -> None:
    _replaced.append((module, name, getattr(module, name)))
    setattr(module, name, stand_in)


def _is_running_here() -> bool:
    simulation = _here.get(get_ident())
    return simulation is not None and simulation.is_running


def _mark_missing(module: str) -> None:
    """Let the import of a module that isn't installed fail at once.

    httpcore tries it in each request, and searching the path for it is a quarter of a request.
    """
    if module not in sys.modules and importlib.util.find_spec(module) is None:
        sys.modules[module] = None  # type: ignore[assignment]
        _missing.append(module)


class _Either(type):
    """The metaclass of what both kinds of sockets are instances of."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _RealSocket | SimulatedSocket)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, _RealSocket | SimulatedSocket)


class _AnySocket(metaclass=_Either):
    """Stands in for `socket.socket`."""

    def __new__(
        cls,
        family: int = -1,
        type: int = -1,  # noqa: A002 - the name that callers use
        proto: int = -1,
        fileno: int | None = None,
    ) -> Any:
        simulation = _here.get(get_ident())
        if simulation is None or not simulation.is_running:
            return _RealSocket(family, type, proto, fileno)
        if fileno is not None:
            raise simulation.refuse(
                "a socket from a file descriptor", "Open one in the simulation."
            )
        if family not in (-1, socket.AF_INET, socket.AF_INET6):
            raise simulation.refuse(f"a socket of {family!r}", "Only TCP is simulated.")
        if type not in (-1, socket.SOCK_STREAM):
            raise simulation.refuse("a datagram socket", "Only TCP is simulated.")
        chosen = socket.AF_INET if family == -1 else family
        return simulation.network.socket(chosen, max(0, proto))


def _socketpair(*args: Any, **options: Any) -> Any:
    simulation = _here.get(get_ident())
    if simulation is not None and simulation.is_running:
        raise simulation.refuse(
            "a pair of sockets, as a second event loop needs,", "Use the loop that runs."
        )
    return _real_socketpair(*args, **options)


def _getaddrinfo(
    host: Any,
    port: Any,
    family: int = 0,
    type: int = 0,  # noqa: A002 - the name that callers use
    proto: int = 0,
    flags: int = 0,
) -> Any:
    simulation = _here.get(get_ident())
    if simulation is None:
        return _real_getaddrinfo(host, port, family, type, proto, flags)
    return simulation.network.names.address_infos(host, port, family, flags)


def _gethostbyname(hostname: str, /) -> str:
    simulation = _here.get(get_ident())
    if simulation is None:
        return _real_gethostbyname(hostname)
    return simulation.network.names.resolve(hostname)


def _poll() -> Any:
    from seatrial.simulation.selector import SimulatedPoll

    assert _real_poll is not None
    simulation = _here.get(get_ident())
    if simulation is None:
        return _real_poll()
    return SimulatedPoll(simulation.network.find, _real_poll())


def _urandom(size: int, /) -> bytes:
    simulation = _here.get(get_ident())
    if simulation is None:
        return _real_urandom(size)
    rng = simulation.import_rng if _importing() else simulation.rng
    return rng.randbytes(size)


def _importing() -> bool:
    """Return whether a module is being imported, which happens once in a process."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == _IMPORT:
            return True
        frame = frame.f_back
    return False


def _signal(signalnum: Any, handler: Any, /) -> Any:
    simulation = _here.get(get_ident())
    if simulation is not None and simulation.is_running:
        raise simulation.refuse("a signal handler", "End the server by cancelling its task.")
    return _real_signal(signalnum, handler)


def _start_thread(thread: threading.Thread) -> None:
    simulation = _here.get(get_ident())
    if simulation is not None and simulation.is_running and not simulation.allow_threads:
        raise simulation.refuse(f"{THREAD} ({thread.name})", THREAD_ADVICE)
    _real_start_thread(thread)


def _replace_anyio() -> None:
    """Let AnyIO's worker threads, which run the `def` endpoints of ASGI frameworks, run inline."""
    name = "anyio.to_thread"
    if name not in sys.modules and importlib.util.find_spec("anyio") is None:
        return
    module = importlib.import_module(name)
    if any(replaced is module for replaced, _, _ in _replaced):
        return
    real: Callable[..., Any] = module.run_sync

    async def run_sync(func: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Stand in for `anyio.to_thread.run_sync`."""
        import asyncio
        import contextvars

        loop = asyncio.get_running_loop()
        if not isinstance(loop, SimulatedLoop):
            return await real(func, *args, **options)
        context = contextvars.copy_context()
        return await loop.run_in_executor(None, context.run, func, *args)

    _replace(module, "run_sync", run_sync)
