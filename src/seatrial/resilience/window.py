"""A closed breaker that watches a window of the last calls beside the failures in a row."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from seatrial.resilience.periods import Closed

if TYPE_CHECKING:
    from seatrial.resilience.breaker import CircuitBreaker
    from seatrial.resilience.policies import WindowPolicy


class Watched(Closed):
    """CLOSED with a ring of the last results: a bad call that makes the share too high opens it.

    A call that has run for `slow_s` is bad from that moment, though it still runs; how it ends
    doesn't count in the window again. Whoever looks first makes the change, as of that moment.
    """

    __slots__ = ("at", "bad", "granted", "ring", "rule", "running", "seen", "slow_at", "slow_s")
    gated = True

    def __init__(self, breaker: CircuitBreaker, rule: WindowPolicy) -> None:
        super().__init__(breaker)
        self.rule = rule
        self.ring = bytearray(rule.size)
        self.at = self.bad = self.seen = self.granted = 0
        self.running: dict[int, float] = {}
        self.slow_s = inf if rule.slow_s is None else rule.slow_s
        self.slow_at = inf

    def admit(self) -> int:
        """Always, and remember when it began."""
        now = self.breaker.clock()
        if now >= self.slow_at:
            self.look(now)
            if self.breaker.period is not self:
                return self.breaker.period.admit()
        elif not self.running:
            self.slow_at = now + self.slow_s
        self.granted = ticket = self.granted + 1
        self.running[ticket] = now
        return ticket

    def success(self, ticket: int) -> None:
        """A good call, unless it was slow."""
        if self._settles(ticket):
            self._note(0)
        if self.breaker.period is self:
            self.failures = 0

    def failure(self, ticket: int) -> None:
        """A bad call; too large a share of them opens, and so do too many in a row."""
        now = self.breaker.clock()
        if self._settles(ticket):
            self._note(1)
            self._judge(now)
        if self.breaker.period is self:
            super().failure(ticket)

    def cancel(self, ticket: int) -> None:
        """Not counted, unless it was slow before."""
        self._settles(ticket)

    def look(self, now: float) -> None:
        """Count as bad what has run too long by now, in the order in which it became so."""
        while self.breaker.period is self and self.running:
            ticket, began = next(iter(self.running.items()))
            self.slow_at = began + self.slow_s
            if now < self.slow_at:
                return
            del self.running[ticket]
            self._note(1)
            self._judge(self.slow_at)
        self.slow_at = inf

    def _settles(self, ticket: int) -> bool:
        """End a call; False if it was counted before, or belongs to a period that is over."""
        now = self.breaker.clock()
        if now >= self.slow_at:
            self.look(now)
        if self.breaker.period is not self:
            self.breaker.stale += 1
            return False
        return self.running.pop(ticket, None) is not None

    def _note(self, bad: int) -> None:
        at = self.at
        self.bad += bad - self.ring[at]
        self.ring[at] = bad
        self.at = at + 1 if at + 1 < self.rule.size else 0
        if self.seen < self.rule.size:
            self.seen += 1

    def _judge(self, at_s: float) -> None:
        if self.seen >= self.rule.min_calls and self.bad >= self.rule.ratio * self.seen:
            self.breaker.open(at_s, f"{self.bad} bad calls of {self.seen}")
