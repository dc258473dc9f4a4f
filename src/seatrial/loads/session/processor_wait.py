"""The time that the processes under load wait for a processor: the machine's doing, not theirs.

Linux counts it for each thread. All processes that hold a port's listening socket are found by it,
so that a server's workers are counted too, whoever started them.
"""

import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

_PROC = Path("/proc")
_LISTENING = "0A"


class ProcessorWait:
    """The waiting of the processes at some addresses, from `start` on.

    Args:
        urls: where they listen; those on other machines are left out.
    """

    def __init__(self, urls: Iterable[str]) -> None:
        self._ports = {
            parts.port
            for parts in map(urlsplit, urls)
            if parts.port and parts.hostname in {"127.0.0.1", "localhost", "::1"}
        }
        self.start()

    def start(self) -> None:
        """Begin to count."""
        self._began_s = time.monotonic()
        self._before = _waits_s(self._ports)

    def ratio(self) -> float | None:
        """Return the share of the time that the busiest thread waited; None where it is unknown."""
        now = _waits_s(self._ports)
        lasted_s = time.monotonic() - self._began_s
        waits_s = (total_s - self._before.get(task, 0.0) for task, total_s in now.items())
        return max(waits_s) / lasted_s if now and lasted_s > 0 else None


def _waits_s(ports: set[int]) -> dict[str, float]:
    """Return how long each thread of the processes that listen there has waited, seconds."""
    found = {}
    for pid in _listeners(_inodes(ports)):
        for path in _PROC.glob(f"{pid}/task/*/schedstat"):
            for line in _lines(path):
                found[str(path)] = int(line.split()[1]) / 1e9
    return found


def _inodes(ports: set[int]) -> set[str]:
    found = set()
    for name in ("tcp", "tcp6"):
        for line in _lines(_PROC / "net" / name)[1:]:
            words = line.split()
            if words[3] == _LISTENING and int(words[1].rpartition(":")[2], 16) in ports:
                found.add(f"socket:[{words[9]}]")
    return found


def _listeners(inodes: set[str]) -> list[int]:
    return [int(path.name) for path in _PROC.glob("[0-9]*") if inodes & _sockets(path)]


def _sockets(process: Path) -> set[str]:
    try:
        return {str(link.readlink()) for link in (process / "fd").iterdir()}
    except OSError:
        return set()  # it has ended, or is somebody else's


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").splitlines()
    except OSError:
        return []
