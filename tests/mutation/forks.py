"""Work in forked processes: what is imported here needn't be imported there."""

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from signal import SIGKILL
from typing import Any, TypeVar

T = TypeVar("T")
_POLL_S = 0.02


def in_forks(
    work: Callable[[T], Any], items: Iterable[T], *, workers: int, limit_s: float
) -> Iterator[tuple[T, Any]]:
    """Do work on each item in a process of its own; yield what it returned, None where it hung.

    Args:
        work: returns something that JSON has.
        items: what it is done on; the next is taken when there is a process for it.
        workers: how many processes there are at once.
        limit_s: how long one may take, seconds.
    """
    waiting = iter(items)
    running: dict[int, tuple[T, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        while True:
            for item in islice(waiting, workers - len(running)):
                running[_forked(work, item, folder)] = item, time.monotonic() + limit_s
            if not running:
                return
            for pid in tuple(running):
                ended, _ = os.waitpid(pid, os.WNOHANG)
                item, until_s = running[pid]
                if not ended and time.monotonic() < until_s:
                    continue
                if not ended:
                    with suppress(ProcessLookupError):
                        os.kill(pid, SIGKILL)
                    os.waitpid(pid, 0)
                del running[pid]
                file = folder / str(pid)
                yield item, json.loads(file.read_text()) if file.exists() else None
            time.sleep(_POLL_S)


def _forked(work: Callable[[T], Any], item: T, folder: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        found = json.dumps(work(item))
        part = folder / f"{os.getpid()}.part"
        part.write_text(found)
        part.rename(folder / str(os.getpid()))
    except BaseException:  # noqa: BLE001 - a forked process must end here
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(0)
