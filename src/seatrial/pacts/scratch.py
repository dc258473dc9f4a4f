"""Files that Pact wants to read from a disk: in one folder for the whole process.

On a busy disk, a folder made and removed for each interaction takes as long as verifying it.
"""

import atexit
import contextlib
import os
import threading
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from seatrial.system import Session


def folder() -> Path:
    """This process's own folder; it goes with the process."""
    return _folder(os.getpid())


@lru_cache(maxsize=1)
def _folder(_pid: int) -> Path:
    session = Session()  # its watcher takes the folder away, also where this process is killed
    atexit.register(session.close)
    return session.dir


@contextlib.contextmanager
def written(text: str) -> Iterator[Path]:
    """A file with this text, until the block ends; no other thread is given the same."""
    file = folder() / f"{threading.get_ident()}.json"
    file.write_bytes(text.encode())
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
