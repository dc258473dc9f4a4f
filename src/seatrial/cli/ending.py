"""The end of work that somebody ended, or that could not go on: what was found stays."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from seatrial.errors import SeatrialError


class Ending:
    """Holds back what ends the work early until its result is written.

    Ctrl-C always, since a partial result says that it is one; an error only where something was
    found before it.
    """

    def __init__(self, found: Callable[[], bool]) -> None:
        """Take what says whether anything was found yet."""
        self._found = found
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, KeyboardInterrupt) or (
            isinstance(error, SeatrialError) and self._found()
        ):
            self._error = error
        return self._error is not None

    @property
    def invalid(self) -> tuple[str, ...]:
        """Why the result isn't whole; empty where it is."""
        if self._error is None:
            return ()
        if isinstance(self._error, KeyboardInterrupt):
            return ("interrupted: the result is partial",)
        return (str(self._error),)

    def pass_on(self) -> None:
        """Raise what was held back, if anything was."""
        if self._error is not None:
            raise self._error
