"""Files that others wait for or that were there before: they change as a whole, or not at all."""

import os
from pathlib import Path


def part_of(path: Path) -> Path:
    """Where a file is written before it takes its place."""
    return path.with_name(f".{path.name}.{os.getpid()}")


def is_stream(path: Path) -> bool:
    """Return whether it is a pipe or a device, which can't be replaced by a file."""
    return path.exists() and not path.is_file()


def write_whole(path: Path, text: str) -> None:
    """Write all of it or nothing; into a pipe or a device as it is.

    Raises:
        OSError: it can't be written; nothing is left behind, and what was there is untouched.
    """
    if is_stream(path):
        path.write_text(text, encoding="utf-8")
        return
    part = part_of(path)
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
