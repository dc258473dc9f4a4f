"""A closed state that watches a window of the last calls as well as the failures in a row."""

from __future__ import annotations

from math import inf

from seatrial.resilience._states import ClosedState, StateOwner
from seatrial.resilience.policies import WindowPolicy


class WindowedClosedState(ClosedState):
    """CLOSED with a ring of the last results: a bad call that makes their share too large opens.

    A call that has run for `slow_s` is bad from that moment, though it still runs; how it ends
    doesn't count in the window again. Whoever looks first makes the change, as of that moment.
    """

    __slots__ = ("_next_slow_s", "_place", "_rule", "_seen", "_ticket", "bad", "ring", "running")

    def __init__(self, owner: StateOwner, rule: WindowPolicy) -> None:
        super().__init__(owner)
        self.is_quiet = False  # every call leaves its mark
        self._rule = rule
        self.ring = bytearray(rule.size)
        self.bad = 0
        self.running: dict[int, float] = {}
        self._place = self._seen = self._ticket = 0
        self._next_slow_s = -inf  # no running call becomes slow before this

    def admit(self) -> int:
        """Let every call through, and remember when it began."""
        now = self._owner.clock()
        if now >= self._next_slow_s:
            self.catch_up(now)
            if self.is_over:
                return self._owner.current.admit()
        self._ticket += 1
        self.running[self._ticket] = now
        return self._ticket

    def success(self, ticket: int) -> None:
        """Count a good call, unless it was slow."""
        if not self._is_late(self._owner.clock()):
            self.failures = 0
            self._mark(ticket, bad=0)

    def failure(self, ticket: int) -> None:
        """Count a bad call; open if there are too many in a row, or among the last."""
        now = self._owner.clock()
        if self._is_late(now):
            return
        self.failures += 1
        self._mark(ticket, bad=1)
        if self.failures >= self._owner.policy.failures:
            self._owner.open(now, f"{self.failures} failures in a row")
        else:
            self._open_if_too_bad(now)

    def cancel(self, ticket: int) -> None:
        """Forget the call, unless it was slow before."""
        if not self._is_late(self._owner.clock()):
            self.running.pop(ticket, None)

    def catch_up(self, now: float) -> None:
        """Count as bad what has run too long by now, in the order in which it became so."""
        slow_s = inf if self._rule.slow_s is None else self._rule.slow_s
        while not self.is_over:
            ticket, began = next(iter(self.running.items()), (0, now))
            self._next_slow_s = began + slow_s
            if now < self._next_slow_s:
                return
            self._mark(ticket, bad=1)
            self._open_if_too_bad(self._next_slow_s)

    def _is_late(self, now: float) -> bool:
        """Return True, and count it as stale, if a result comes after this stay has ended."""
        if now >= self._next_slow_s:
            self.catch_up(now)
        if self._owner.current is self:
            return False
        self._owner.stale += 1
        return True

    def _mark(self, ticket: int, *, bad: int) -> None:
        """Put a call into the ring in place of the oldest, unless it was counted before."""
        if self.running.pop(ticket, None) is None:
            return
        self.bad += bad - self.ring[self._place]
        self.ring[self._place] = bad
        self._place = (self._place + 1) % self._rule.size
        if self._seen < self._rule.size:
            self._seen += 1

    def _open_if_too_bad(self, at_s: float) -> None:
        """Open if too many of the calls seen were bad."""
        enough = self._seen >= self._rule.min_calls
        if enough and self.bad >= self._rule.ratio * self._seen:
            self._owner.open(at_s, f"{self.bad} bad calls of {self._seen}")
