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


class Fork:
    """A fork that runs."""

    def __init__(self, simulation: Simulation, pid: int, source: int) -> None:
        """Take the process, and where it's heard."""
        self._simulation, self._pid, self._source = simulation, pid, source
        self._said: object = None

    def hear(self) -> object:
        """Return what it says next; None once it has ended without a word."""
        self._said = receive(self._source)
        return self._said

    def end(self, heard: Callable[[Any], None] = lambda _: None) -> ForkEnd:
        """Wait for its end; meanwhile no time passes here, and nothing else happens.

        Args:
            heard: is given what it says before.
        """
        try:
            while not isinstance(self._said, ForkEnd) and self.hear() is not None:
                if not isinstance(self._said, ForkEnd):
                    heard(self._said)
        finally:
            os.close(self._source)
            _, _, used = os.wait4(self._pid, 0)
            self._simulation.limit_again()
        end = self._said if isinstance(self._said, ForkEnd) else ForkEnd(None)
        return replace(end, cpu_s=used.ru_utime + used.ru_stime)


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
        self._known = set(sys.modules)
        self._to = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._put_back()
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
        fork = self.begin(failed)
        if fork is None:
            try:
                value = await work()
            except BaseException as error:  # noqa: BLE001 - said by whoever waits for it
                value = failed(error)
            self.leave(value)
        end = fork.end(heard)
        import_alike(end)
        return end

    def begin(self, failed: Callable[[BaseException], object]) -> Fork | None:
        """Begin a fork, which is where None is returned; it is ended by `leave`."""
        self._put_back()
        gc.freeze()  # a collection in a fork would touch, and so copy, all that stands
        source, to = os.pipe()
        pid = self._simulation.fork(lambda error: self.leave(failed(error)))
        if pid:
            os.close(to)
            return Fork(self._simulation, pid, source)
        os.close(source)
        self._known, self._to = set(sys.modules), to
        gc.set_threshold(_NEW_OBJECTS)
        return None

    def say(self, what: object) -> None:
        """Tell who runs the fork that this is, while it goes on."""
        send(self._to, what)

    def leave(self, value: object) -> Never:
        """End the fork that this is."""
        new = [one for one in sys.modules if one not in self._known]
        imported = [one for one in new if one.partition(".")[0] in _ALIKE]
        try:
            with suppress(BrokenPipeError):
                self.say(ForkEnd(value, imported=imported))
        finally:
            os._exit(0)

    def _files(self) -> list[Path]:
        return [path for path in self._folder.rglob("*") if path.is_file()]

    def _put_back(self) -> None:
        """Write files as they were, into the same ones: they are open."""
        for path in self._files():
            if path not in self._contents:
                path.unlink()
        for path, content in self._contents.items():
            if not path.exists() or path.read_bytes() != content:
                with path.open("r+b" if path.exists() else "wb") as file:
                    file.write(content)
                    file.truncate()


def import_alike(end: ForkEnd) -> None:
    """Import what a fork had to, and leave chance as it is."""
    chance = random.getstate()
    for name in end.imported:
        with suppress(Exception):  # whoever needs it gets the error
            importlib.import_module(name)
    random.setstate(chance)


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
