"""Pipes of the kernel, through which data goes from socket to socket without being copied."""

import os
import sys
from contextlib import suppress

PIPES = 32
"""The most that are in use at once: what is in them is the system's memory."""
PIPE_BYTES = 1024 * 1024
_F_SETPIPE_SZ = 1031


class Pipe:
    """A pipe between two sockets. Both sides raise `BlockingIOError` where they would wait."""

    def __init__(self, owner: "Pipes") -> None:
        self._owner = owner
        self._out, self._in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self.filled = 0
        """Bytes in it."""
        with suppress(OSError, ImportError):
            import fcntl

            fcntl.fcntl(self._in, _F_SETPIPE_SZ, PIPE_BYTES)

    if sys.platform == "linux":

        def fill(self, source: int, most: int) -> int:
            """Take up to `most` bytes from a socket; return how many, 0 at its end."""
            taken = os.splice(source, self._in, most, flags=os.SPLICE_F_NONBLOCK)
            self.filled += taken
            return taken

        def empty_into(self, destination: int) -> bool:
            """Send what is in it; return whether all of it went."""
            with suppress(BlockingIOError):
                while self.filled:
                    self.filled -= os.splice(
                        self._out, destination, self.filled, flags=os.SPLICE_F_NONBLOCK
                    )
            return not self.filled

    else:

        def fill(self, source: int, most: int) -> int:
            """Fail: `Pipes` has none on this system."""
            raise NotImplementedError

        def empty_into(self, destination: int) -> bool:
            """Fail: `Pipes` has none on this system."""
            raise NotImplementedError

    def close(self) -> None:
        """Close it with what is in it."""
        self._owner.closed()
        os.close(self._in)
        os.close(self._out)


class Pipes:
    """The pipes of a process; none where the system has no splice."""

    def __init__(self, most: int = PIPES) -> None:
        """Make none yet, and never more than `most`."""
        self._left = most if hasattr(os, "splice") and hasattr(os, "SPLICE_F_NONBLOCK") else 0
        self._free: list[Pipe] = []

    @property
    def there_are(self) -> bool:
        """True if there is one to be had."""
        return bool(self._left or self._free)

    def take(self) -> Pipe | None:
        """Return an empty pipe; None when all are in use."""
        if self._free:
            return self._free.pop()
        if not self._left:
            return None
        try:
            made = Pipe(self)
        except OSError:  # no more files may be opened
            return None
        self._left -= 1
        return made

    def give_back(self, pipe: Pipe) -> None:
        """Take a pipe back that is empty again."""
        self._free.append(pipe)

    def closed(self) -> None:
        """Count a pipe that was closed; another may be made."""
        self._left += 1
