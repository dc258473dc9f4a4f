"""Runs that begin at one moment of a simulation, each in a fork of the process where it stands.

What stands was started once, and a run leaves nothing behind: its memory ends with its process.
Files are the one thing that forks share; they are put back after each. What one imports of the
standard library and of the harness is then imported here, since each would take the time for it
again; other modules may read what a service's environment says.
"""

import gc
import importlib
import os
import pickle
import random
import resource
import struct
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Never, Self

from seatrial.simulation import Simulation

_LENGTH = struct.Struct("!Q")
_ALIKE = sys.stdlib_module_names | {"seatrial"}
"""Packages that are the same in every environment."""
_NEW_OBJECTS = 50_000
"""Before a fork collects garbage: most end before; one that goes on without end doesn't grow."""


@dataclass(frozen=True)
class ForkEnd:
    """What came of a run in a fork."""

    value: Any
    """What it returned; None where it ended without a word."""
    cpu_s: float = 0.0
    """The processor time that it took, with that of its own forks."""
    imported: Sequence[str] = ()
    """Modules that weren't there before, and are the same in every environment."""


class Forks:
    """Forks of a simulation at the moment that it has come to."""

    def __init__(self, simulation: Simulation, folder: Path) -> None:
        """Remember the moment.

        Args:
            simulation: that runs.
            folder: where what stands writes its files.
        """
        self._simulation = simulation
        self._folder = folder
        self._contents = {path: path.read_bytes() for path in self._files()}
        self._to = -1

    def __enter__(self) -> Self:
        gc.freeze()  # a collection in a fork would touch, and so copy, all that stands
        return self

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()

    async def run(
        self,
        work: Callable[[], Coroutine[Any, Any, object]],
        failed: Callable[[BaseException], object],
        heard: Callable[[Any], None] = lambda _: None,
    ) -> ForkEnd:
        """Run a coroutine in a fork; here no time passes, and nothing else happens.

        Args:
            work: makes the coroutine; what it returns is pickled.
            failed: makes of the error that a fork ended in what is returned instead.
            heard: is given what the fork says while it runs.
        """
        source, to = os.pipe()
        known = set(sys.modules)

        def leave(value: object) -> Never:
            new = [one for one in sys.modules if one not in known]
            imported = [one for one in new if one.partition(".")[0] in _ALIKE]
            try:
                with suppress(BrokenPipeError):
                    send(to, ForkEnd(value, imported=imported))
            finally:
                os._exit(0)

        pid = self._simulation.fork(lambda error: leave(failed(error)))
        if pid == 0:
            os.close(source)
            gc.set_threshold(_NEW_OBJECTS)
            self._to = to
            try:
                value = await work()
            except BaseException as error:  # noqa: BLE001 - said by whoever waits for it
                value = failed(error)
            leave(value)
        os.close(to)
        try:
            while (said := receive(source)) is not None and not isinstance(said, ForkEnd):
                heard(said)
        finally:
            os.close(source)
            _, _, used = os.wait4(pid, 0)  # noqa: ASYNC222 - or runs would begin at other moments
            self._put_back()
            self._simulation.limit_again()
        end: ForkEnd = said or ForkEnd(None)
        if end.imported:
            _import(end.imported)
        return replace(end, cpu_s=used.ru_utime + used.ru_stime)

    def say(self, what: object) -> None:
        """Tell who runs the fork that this is, while it goes on."""
        send(self._to, what)

    def _files(self) -> list[Path]:
        return [path for path in self._folder.rglob("*") if path.is_file()]

    def _put_back(self) -> None:
        """Write files as they were, into the same ones: they are open."""
        for path in self._files():
            if path not in self._contents:
                path.unlink()
            elif path.read_bytes() != self._contents[path]:
                with path.open("r+b") as file:
                    file.write(self._contents[path])
                    file.truncate()


def _import(names: Sequence[str]) -> None:
    """Import modules, and leave chance as it is."""
    chance = random.getstate()
    for name in names:
        with suppress(Exception):  # whoever needs it gets the error
            importlib.import_module(name)
    random.setstate(chance)
    gc.freeze()


def used_cpu_s() -> float:
    """Return the processor time of this process, and of the forks that have ended, seconds."""
    forks = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + forks.ru_utime + forks.ru_stime


def send(to: int, what: Any) -> None:
    """Write something to another process."""
    data = pickle.dumps(what)
    data = _LENGTH.pack(len(data)) + data
    while data:
        data = data[os.write(to, data) :]


def receive(source: int) -> Any:
    """Return what another process has sent; None at the end."""
    head = _read(source, _LENGTH.size)
    if head is None:
        return None
    body = _read(source, _LENGTH.unpack(head)[0])
    return None if body is None else pickle.loads(body)  # noqa: S301 - our own process's


def _read(source: int, length: int) -> bytes | None:
    parts = b""
    while len(parts) < length:
        part = os.read(source, length - len(parts))
        if not part:
            return None
        parts += part
    return parts
