"""Lines for standard output, gathered so that many requests share one write."""

import asyncio
import contextlib
import sys
from typing import TextIO


class LineWriter:
    """Writes the lines of one turn of the event loop at once, in order."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._waiting: list[str] = []

    def __call__(self, line: str) -> None:
        """Take one line, without its newline."""
        self._waiting.append(line)
        if len(self._waiting) > 1:
            return  # a flush is on its way
        try:
            asyncio.get_running_loop().call_soon(self.flush)
        except RuntimeError:  # before or after the loop
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        lines, self._waiting = self._waiting, []
        if lines:
            # Whoever read our output may be gone; that must not end the service.
            with contextlib.suppress(BrokenPipeError, ValueError):
                self._stream.write("\n".join(lines) + "\n")
                self._stream.flush()
