"""Processes of a simulation: what belongs to one ends with it, as by kill -9."""

import asyncio
import fcntl
import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.simulation.loop import SimulatedLoop

_process: ContextVar["SimulatedProcess | None"] = ContextVar("simulated process", default=None)


class SimulatedProcess:
    """What an application runs in, where it's to be killed.

    What begins in it belongs to it, and what follows from that: tasks and callbacks by their
    context, sockets and SQLite's connections by the context that they were opened in.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.databases: list[sqlite3.Connection] = []
        self.locked: set[int] = set()
        """Descriptors of files that were locked by `flock`."""
        self._tasks: set[asyncio.Task[object]] = set()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let what begins in a block belong to it."""
        token = _process.set(self)
        try:
            yield
        finally:
            _process.reset(token)

    def kill(self, loop: "SimulatedLoop") -> None:
        """End it at once.

        None of its code runs any more, its peers see resets, its ports are free, and what it
        hasn't committed is rolled back.
        """
        self._tasks = asyncio.all_tasks(loop)  # or what collects them would run their cleanup
        loop.forget(self)
        loop.simulation.network.abort(self)
        for database in self.databases:
            with suppress(sqlite3.Error):  # it was closed
                _end(database)
        for file in self.locked:
            with suppress(OSError):  # it was closed
                fcntl.flock(file, fcntl.LOCK_UN)


def _end(database: sqlite3.Connection) -> None:
    """Roll back, and let go of all locks: a cursor that isn't at its end holds one, too."""
    cursors = (ref() for held in gc.get_referents(database) if type(held) is list for ref in held)
    for cursor in cursors:
        if isinstance(cursor, sqlite3.Cursor):
            cursor.close()
    database.rollback()
    asking = database.cursor()
    asking.row_factory = None
    modes = [asking.execute(f"PRAGMA {one}_mode").fetchone()[0] for one in ("journal", "locking")]
    if modes != ["wal", "normal"]:
        database.close()  # in WAL mode it would write what no killed process writes


def process_here() -> SimulatedProcess | None:
    """Return the process that the code that runs belongs to."""
    return _process.get()


def process_of(context: Context) -> SimulatedProcess | None:
    """Return the process that a context belongs to."""
    return context.get(_process)


def context_of_a_thread() -> Context:
    """Return the context of a new thread: nothing of who starts it, but the process."""
    context = Context()
    context.run(_process.set, _process.get())
    return context
