"""A closed breaker that watches a window of the last calls beside the failures in a row."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from seatrial.resilience.periods import Closed

if TYPE_CHECKING:
    from seatrial.resilience.breaker import CircuitBreaker
    from seatrial.resilience.policies import WindowPolicy


class Watched(Closed):
    """CLOSED with a ring of the last results: a bad call that makes their share too large opens.

    A call that has run for `slow_s` is bad from that moment, though it still runs; how it ends
    doesn't count in the window again. Whoever looks first makes the change, as of that moment.

    While the ring holds nothing bad and no failure is in a row (`alert` is 0) the place in the ring
    doesn't matter, and a success only makes the ring fuller; the strand does that itself.
    """

    __slots__ = (
        "bad",
        "calm_until",
        "clock",
        "granted",
        "place",
        "ring",
        "rule",
        "running",
        "size",
        "slow_s",
        "unseen",
    )

    def __init__(self, breaker: CircuitBreaker, rule: WindowPolicy) -> None:
        super().__init__(breaker)
        self.clock = breaker.clock
        self.rule = rule
        self.size = rule.size
        self.ring = bytearray(rule.size)
        self.place = self.bad = self.granted = 0
        self.unseen = rule.size  # places of the ring that were never filled
        self.running: dict[int, float] = {}
        self.slow_s = inf if rule.slow_s is None else rule.slow_s
        self.calm_until: float = self.clock() + self.slow_s  # no call can be slow before

    def admit(self) -> int:
        """Always, and remember when it began."""
        clock = self.clock
        now = clock()
        if now >= self.calm_until:
            self.look(now)
            if self.breaker.period is not self:
                return self.breaker.period.admit()
        ticket = self.granted = self.granted + 1
        self.running[ticket] = now
        return ticket

    def success(self, ticket: int) -> None:
        """A good call, unless it was slow."""
        if self._is_over(self.clock()):
            return
        self.failures = 0
        self._note(ticket, bad=0)

    def failure(self, ticket: int) -> None:
        """A bad call; too large a share of them opens, and so do too many in a row."""
        now = self.clock()
        if self._is_over(now):
            return
        self.failures += 1
        self._note(ticket, bad=1)
        if self.failures >= self.breaker.policy.failures:
            self.breaker.open(now, f"{self.failures} failures in a row")
        else:
            self._judge(now)

    def cancel(self, ticket: int) -> None:
        """Not counted, unless it was slow before."""
        if not self._is_over(self.clock()):
            self.running.pop(ticket, None)

    def look(self, now: float) -> None:
        """Count as bad what has run too long by now, in the order in which it became so."""
        while self.breaker.period is self:
            ticket, began = next(iter(self.running.items()), (0, now))
            self.calm_until = began + self.slow_s
            if now < self.calm_until:
                return
            self._note(ticket, bad=1)
            self._judge(self.calm_until)

    def _is_over(self, now: float) -> bool:
        """Whether a result comes too late for this period; it is counted as stale then."""
        if now >= self.calm_until:
            self.look(now)
        if self.breaker.period is self:
            return False
        self.breaker.stale += 1
        return True

    def _note(self, ticket: int, *, bad: int) -> None:
        """Put a call into the ring in the place of the oldest, unless it was counted before."""
        if self.running.pop(ticket, None) is not None:
            self.bad += bad - self.ring[self.place]
            self.ring[self.place] = bad
            self.place = (self.place + 1) % self.size
            self.unseen = max(0, self.unseen - 1)
        self.alert = self.bad + self.failures

    def _judge(self, at_s: float) -> None:
        """Open if too many of the calls seen were bad."""
        seen = self.size - self.unseen
        if seen >= self.rule.min_calls and self.bad >= self.rule.ratio * seen:
            self.breaker.open(at_s, f"{self.bad} bad calls of {seen}")
