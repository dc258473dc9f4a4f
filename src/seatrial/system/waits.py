"""How long a process was ready to run and had no processor, as Linux counts it."""

from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


def waited_for_cpu_s(pid: int, proc: Path = _PROC) -> float:
    """Return the seconds that a process's threads have waited so; 0 where nobody counts them."""
    total = 0
    with suppress(OSError):
        for thread in (proc / str(pid) / "task").iterdir():
            with suppress(OSError, ValueError, IndexError):
                total += int((thread / "schedstat").read_text().split()[1])
    return total / 1e9
