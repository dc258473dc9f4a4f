"""The thirteen invariants of a breaker, watched from outside while it is driven.

It keeps its own books of what calls there are and how they ended, and so knows what the breaker
under search must and must not do; it doesn't know how that is done.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from tests.unit.resilience.search.subjects import Call, Rules, Subject, View, Vote

INVARIANTS = {
    "I1": "CLOSED never rejects",
    "I2": "OPEN admits nothing before `until`",
    "I3": "live probes never exceed the cap, and one less is let through",
    "I4": "a late result changes no state, counter, permit or `until`",
    "I5": "HALF_OPEN goes to CLOSED only on enough successes of the probes of this stay",
    "I6": "one live probe's failure opens",
    "I7": "`until` is fixed on entry and never extended",
    "I8": "a healthy provider leads to CLOSED, even if calls in flight never return",
    "I9": "a cancellation never changes the state, and gives a probe's place back",
    "I10": "trips exactly at the threshold of consecutive failures of this stay",
    "I11": "only legal edges, contiguous events",
    "I12": "a permit votes once",
    "I13": "asking early or late gives the same outcome",
}

LEGAL = {("closed", "open"), ("open", "half_open"), ("half_open", "open"), ("half_open", "closed")}


class Broken(Exception):  # noqa: N818 - it is what the invariant is
    """An invariant doesn't hold."""

    def __init__(self, invariant: str, what: str) -> None:
        super().__init__(f"{invariant} ({INVARIANTS[invariant]}): {what}")
        self.invariant = invariant


@dataclass
class Known:
    """A call that was let through, as the monitor knows it."""

    call: Call
    stay: int
    is_probe: bool
    began: float


class Monitor:
    """Drives one breaker, and raises `Broken` as soon as it does what it must not.

    Args:
        subject: the breaker.
        rules: what it promises.
        watched: the invariants that are watched; the others may be broken.
    """

    def __init__(
        self, subject: Subject, rules: Rules, watched: Collection[str] = INVARIANTS
    ) -> None:
        self.subject = subject
        self.watched = watched
        self.rules = rules
        self.calls: list[Known | None] = []
        self.abandoned: list[Known] = []
        self.stay = 0
        self.failures = 0
        self.successes = 0
        self.until: float | None = None
        self.seen = subject.view()
        self.edges_seen = 0

    @property
    def now(self) -> float:
        """The time, in ticks."""
        return self.subject.clock()

    @property
    def kind(self) -> str:
        """The state's name, when last observed."""
        return self.seen.kind

    def complain(self, invariant: str, what: str) -> None:
        """Raise, if the invariant is watched."""
        if invariant in self.watched:
            raise Broken(invariant, what)

    def probes(self) -> int:
        """Calls let through in this stay in half-open that haven't ended."""
        live = (call for call in self.calls if call is not None and call.is_probe)
        return sum(call.stay == self.stay for call in live)

    def start(self) -> bool:
        """A new call; whether it was let through."""
        kind, until, probes = self.kind, self.until, self.probes()
        call = self.subject.start()
        if kind == "closed" and call is None:
            self.complain("I1", "a call was refused")
        if kind == "open" and until is not None and self.now < until and call is not None:
            self.complain("I2", f"a call went through at {self.now}, before {until}")
        if kind == "half_open" and call is None and probes < self.rules.probes:
            self.complain("I3", f"only {probes} probes are out, yet one was refused")
        self.observe()
        if call is None:
            self.calls.append(None)
            return False
        is_probe = self.kind == "half_open"
        self.calls.append(Known(call, self.stay, is_probe, self.now))
        if is_probe and self.probes() > self.rules.probes:
            self.complain("I3", f"{self.probes()} probes are out")
        return True

    def end(self, index: int, vote: Vote) -> None:
        """A call ends."""
        known = self.calls[index]
        assert known is not None
        self.calls[index] = None
        before, stay = self.seen, self.stay
        if stay == known.stay:
            self._book(known, vote)
        failures = self.failures
        known.call.end(vote)
        self.observe()
        after = self.seen
        if stay != known.stay:
            if after != before:
                self.complain("I4", f"a late {vote} made {after} of {before}")
            return
        if vote == "cancel":
            self._check_cancelled(known, before, after)
        elif known.is_probe and vote == "failure" and after.kind != "open":
            self.complain("I6", f"a probe failed, and it is {after.kind}")
        elif not known.is_probe:
            self._check_trip(failures, after)

    def vote_again(self, call: Call, vote: Vote) -> None:
        """A call that has ended votes once more."""
        before = self.subject.view()
        call.end(vote)
        if self.subject.view() != before:
            self.complain("I12", f"a second vote made {self.subject.view()} of {before}")

    def tick(self) -> None:
        """Time passes, and somebody looks."""
        self.subject.clock.advance(1)
        self.subject.look()
        self.observe()

    def abandon(self, index: int) -> None:
        """A call never returns."""
        known = self.calls[index]
        assert known is not None
        if not (known.is_probe and self.subject.leases):
            self.abandoned.append(known)
            self.calls[index] = None

    def recover(self) -> None:
        """The provider is healthy from now on, and what is in flight never returns."""
        for _ in range(20 * (self.rules.open_s + self.rules.lease_s)):
            if self.subject.view().kind == "closed":
                return
            call = self.subject.start()
            if call is not None:
                call.end("success")
            else:
                self.subject.clock.advance(1)
        self.complain("I8", f"still {self.subject.view()}")

    def observe(self) -> None:
        """See what has become of the breaker, and whether it was allowed to."""
        before, after = self.seen, self.subject.view()
        self.seen = after
        self._check_edges(before.kind, after.kind)
        if before.kind == after.kind:
            if after.until != self.until:
                self.complain("I7", f"`until` went from {self.until} to {after.until}")
                self.until = after.until
            return
        closed = before.kind == "half_open" and after.kind == "closed"
        if closed and self.successes < self.rules.successes:
            self.complain("I5", f"closed after {self.successes} successes")
        self.stay += 1
        self.failures = self.successes = 0
        self.until = after.until
        if after.kind == "open" and after.until != self.now + self.rules.open_s:
            self.complain("I7", f"opened at {self.now} until {after.until}")

    def _book(self, known: Known, vote: Vote) -> None:
        if known.is_probe:
            self.successes += vote == "success"
        elif vote == "failure":
            self.failures += 1
        elif vote == "success":
            self.failures = 0

    def _check_edges(self, before: str, after: str) -> None:
        """Check that the emitted changes lead from one state to the other, each of them legal."""
        edges = [(before, after)] if before != after else []
        if self.subject.edges is not None:
            edges, self.edges_seen = self.subject.edges[self.edges_seen :], len(self.subject.edges)
        at = before
        for edge in edges:
            if edge[0] != at or edge not in LEGAL:
                self.complain("I11", f"emitted {edge[0]} to {edge[1]} while {at}")
            at = edge[1]
        if at != after:
            self.complain("I11", f"went from {at} to {after} without an event")

    def _check_cancelled(self, known: Known, before: View, after: View) -> None:
        if after.kind != before.kind:
            self.complain("I9", f"a cancelled call made it {after.kind}")
        if known.is_probe and self.subject.leases and len(after.leases) != len(before.leases) - 1:
            self.complain("I9", "a cancelled probe keeps its place")

    def _check_trip(self, failures: int, after: View) -> None:
        is_open = after.kind == "open"
        if is_open != (failures >= self.rules.failures):
            self.complain("I10", f"{failures} failures in a row, and it is {after.kind}")
