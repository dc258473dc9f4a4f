"""Names of our proxies, by which a later run knows what a crashed one left behind.

A name is seatrial-<place>-<pid>-<start>-<name>: the place distinguishes machines (and containers),
since a process id says nothing elsewhere; the start is that of the run, seconds since the epoch.
"""

import hashlib
import os
import re
import socket
import time
from dataclasses import dataclass
from pathlib import Path

_MAX_AGE_S = 24 * 3600
"""The age after which a proxy is an orphan, also where its process can't be looked up."""
_NAME = re.compile(r"seatrial-([0-9a-f]{8})-(\d{1,10})-(\d{1,12})-")
_CLOCK_SLACK_S = 5


@dataclass(frozen=True)
class Run:
    """Who made a proxy."""

    place: str
    pid: int
    started: int
    """Seconds since the epoch."""

    @property
    def prefix(self) -> str:
        """Begins the names of its proxies."""
        return f"seatrial-{self.place}-{self.pid}-{self.started}-"

    def is_over(self, here: str, now: float) -> bool:
        """Return True if it has ended, as far as that shows from here.

        Args:
            here: this place.
            now: seconds since the epoch.
        """
        if now - self.started > _MAX_AGE_S:
            return True
        return self.place == here and not _runs(self.pid, self.started)


def this_run() -> Run:
    """This process, from now on."""
    return Run(place(), os.getpid(), int(time.time()))


def maker(proxy_name: str) -> Run | None:
    """Who made the proxy of that name; None when it isn't one of ours."""
    match = _NAME.match(proxy_name)
    return Run(match[1], int(match[2]), int(match[3])) if match else None


def own_name(proxy_name: str) -> str:
    """A proxy's name without the part that is another one in each run."""
    return _NAME.sub("", proxy_name, count=1)


def place() -> str:
    """Return the place in which process ids mean the same as here."""
    namespace = Path("/proc/self/ns/pid")
    inside = str(namespace.readlink()) if namespace.is_symlink() else ""
    return hashlib.sha256(f"{socket.gethostname()}/{inside}".encode()).hexdigest()[:8]


def _runs(pid: int, since: int) -> bool:
    """Return True if that process runs, and did at that time: a process id may be used again."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    began = _began(pid)
    return began is None or began <= since + _CLOCK_SLACK_S


def _began(pid: int) -> float | None:
    """Return the start of a process, seconds since the epoch; None where the system doesn't say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        uptime_s = float(Path("/proc/uptime").read_text().split()[0])
    except (OSError, IndexError, ValueError):
        return None
    return time.time() - uptime_s + int(fields[19]) / os.sysconf("SC_CLK_TCK")
