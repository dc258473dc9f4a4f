"""The deadline of a call as a whole, and how it reaches the next service.

It is carried in `x-request-deadline-ms` as the milliseconds that are left, never as a time of day:
two machines agree on durations, not on clocks. Inside a process it is ambient: what runs under
`until(deadline)`, and the tasks that it starts, see it through `current()`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from seatrial.resilience.operation import Clock

HEADER = "x-request-deadline-ms"
"""The header's name."""

LONGEST_MS = 86_400_000
"""A day; a header that says more is nonsense."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment after which nobody waits for the answer.

    Attributes:
        at_s: the moment, on `clock`.
        clock: seconds that never go back.
    """

    at_s: float
    clock: Clock = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Clock = time.monotonic) -> Deadline:
        """The deadline that is `seconds` from now."""
        return cls(clock() + seconds, clock)

    @classmethod
    def from_header(cls, value: str | None, clock: Clock = time.monotonic) -> Deadline | None:
        """What a caller sent; None without the header, and for nonsense, which is ignored.

        Only a whole number of milliseconds in ASCII digits, 0 to a day, makes sense.
        """
        text = (value or "").strip()
        if not (text.isascii() and text.isdigit()) or len(text) > len(str(LONGEST_MS)):
            return None
        left_ms = int(text)
        return cls.after(left_ms / 1000, clock) if left_ms <= LONGEST_MS else None

    def remaining_s(self) -> float:
        """Seconds left; 0 once it has passed."""
        return max(0.0, self.at_s - self.clock())

    @property
    def passed(self) -> bool:
        """Whether nobody waits any more."""
        return self.clock() >= self.at_s

    def header(self) -> dict[str, str]:
        """The header for the next service: milliseconds left, rounded down."""
        return {HEADER: str(int(self.remaining_s() * 1000))}


_ambient: ContextVar[Deadline | None] = ContextVar("seatrial_deadline", default=None)


def current() -> Deadline | None:
    """The deadline under which this runs, if any."""
    return _ambient.get()


@contextmanager
def until(deadline: Deadline | None) -> Iterator[Deadline | None]:
    """Run a block under a deadline; an earlier one around it stays in force.

    Yields:
        The deadline that is in force inside.
    """
    outer = current()
    if deadline is None or (outer is not None and outer.remaining_s() <= deadline.remaining_s()):
        yield outer
        return
    token = _ambient.set(deadline)
    try:
        yield deadline
    finally:
        _ambient.reset(token)


def deadline_headers() -> dict[str, str]:
    """The header that passes the ambient deadline on; empty without one."""
    deadline = current()
    return {} if deadline is None else deadline.header()
