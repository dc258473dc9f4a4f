"""The deadline of a call as a whole, and how it reaches the next service.

It is carried in `x-request-deadline-ms` as the milliseconds that are left, never as a time of day:
two machines agree on durations, not on clocks. Inside a process it is ambient: what runs
under `deadline_scope(deadline)`, and the tasks that it starts, see it by `current_deadline()`.
"""

from __future__ import annotations

import time
from contextvars import ContextVar, Token
from dataclasses import dataclass

from seatrial.resilience.operation import Clock

DEADLINE_HEADER = "x-request-deadline-ms"
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
        """Return the deadline that is `seconds` from now."""
        return cls(clock() + seconds, clock)

    @classmethod
    def from_header(cls, value: str | None, clock: Clock = time.monotonic) -> Deadline | None:
        """Return what a caller sent; None without the header, and for nonsense, which is ignored.

        Only a whole number of milliseconds in ASCII digits, 0 to a day, makes sense.
        """
        text = (value or "").strip()
        if not (text.isascii() and text.isdigit()) or len(text) > len(str(LONGEST_MS)):
            return None
        left_ms = int(text)
        return cls.after(left_ms / 1000, clock) if left_ms <= LONGEST_MS else None

    def remaining_s(self) -> float:
        """Return the seconds left; 0 once it has passed."""
        return max(0.0, self.at_s - self.clock())

    @property
    def passed(self) -> bool:
        """True once nobody waits any more."""
        return self.clock() >= self.at_s

    def header_value(self) -> str:
        """Return the header's value for the next service: milliseconds left, rounded down."""
        return str(int(self.remaining_s() * 1000))


_ambient: ContextVar[Deadline | None] = ContextVar("seatrial_deadline", default=None)


def current_deadline() -> Deadline | None:
    """Return the deadline under which this runs, if any."""
    return _ambient.get()


class deadline_scope:  # noqa: N801 - it is called as a function: `with deadline_scope(deadline):`
    """Runs a block under a deadline; an earlier one around it stays in force.

        with deadline_scope(Deadline.after(3)) as deadline: ...

    Args:
        deadline: the deadline; with None nothing changes.
    """

    __slots__ = ("_deadline", "_token")

    def __init__(self, deadline: Deadline | None) -> None:
        self._deadline = deadline
        self._token: Token[Deadline | None] | None = None

    def __enter__(self) -> Deadline | None:
        """Return the deadline that is in force inside."""
        inner, outer = self._deadline, _ambient.get()
        if inner is None or (outer is not None and outer.remaining_s() <= inner.remaining_s()):
            return outer
        self._token = _ambient.set(inner)
        return inner

    def __exit__(self, *_: object) -> None:
        """Put back in force what was so before."""
        if self._token is not None:
            _ambient.reset(self._token)


def deadline_headers() -> dict[str, str]:
    """Return the header that passes the ambient deadline on; empty without one."""
    deadline = current_deadline()
    return {} if deadline is None else {DEADLINE_HEADER: deadline.header_value()}
