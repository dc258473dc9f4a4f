"""Starvation of the generator while it sends: by its own loop, and by the machine.

A run whose answers are late says nothing of the service when they lay unread. Three things are
watched: a heartbeat in the loop that sends and reads, the time between an answer's arrival in the
kernel and its reading, and the time that tasks of this machine waited for a processor.
"""

import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
import gevent.local
import gevent.socket
from gevent import Greenlet

from seatrial.loads.stats import Stats

BEAT_S = 0.02
_SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)
_PRESSURE = Path("/proc/pressure/cpu")


class Unread(gevent.local.local):  # type: ignore[misc] # which has no types
    """The time that answers of the current greenlet lay unread, seconds."""

    seconds: float = 0.0


class StarvationWatch:
    """Watches the generator from its start to `stop`.

    Args:
        stats: where its findings go.
    """

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._waited_s = waited_for_processor_s()
        self._heart: Greenlet[..., None] = gevent.spawn(self._beat)
        self._heart.start()

    def _beat(self) -> None:
        while True:
            due_s = time.monotonic() + BEAT_S
            gevent.sleep(BEAT_S)
            self._stats.beat.record_s(time.monotonic() - due_s)

    def stop(self) -> None:
        """Note what the machine did meanwhile."""
        self._heart.kill()
        now_s = waited_for_processor_s()
        if self._waited_s is not None and now_s is not None:
            self._stats.counts.pressure_s += now_s - self._waited_s


def waited_for_processor_s() -> float | None:
    """Return for how long, since the machine's start, some task waited; None where unknown."""
    try:
        text = _PRESSURE.read_text(encoding="ascii")
    except OSError:
        return None
    return int(text.partition("total=")[2].split()[0]) / 1e6


class TimedSocket(gevent.socket.socket):  # type: ignore[misc] # which has no types
    """A socket that knows for how long what it reads lay unread."""

    on_read: Callable[[float], None]

    def recv(self, bufsize: int, flags: int = 0) -> bytes:
        """Read, and report the age of what was read where the kernel says it."""
        data, ancillary, _, _ = self.recvmsg(bufsize, 64, flags)
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(value) == 16:
                seconds, nanoseconds = struct.unpack("qq", value)
                self.on_read(max(0.0, time.time() - seconds - nanoseconds / 1e9))
        return bytes(data)


def timed_socket(on_read: Callable[[float], None], *words: Any) -> TimedSocket:
    """Return a socket that calls `on_read` with a time in seconds for each part that it reads."""
    made = TimedSocket(*words)
    made.on_read = on_read
    with suppress(OSError):  # then the heartbeat alone is known
        made.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    return made
