"""Breadth-first over everything that can happen to a breaker, until nothing new is found.

A state is all that decides what comes next: the breaker's own fields, times counted from now, what
calls there are (those that are alike are only counted), and the monitor's books. It is reached by
replaying the steps that lead to it on a new breaker, so that nothing of the real class needs
copying.

Each path is walked twice side by side: on a breaker that is left alone while time passes, and on
one that somebody looks at after every tick. The invariants are watched on the second; that both
end alike is the thirteenth.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Literal

from tests.unit.resilience.search.monitor import INVARIANTS, Broken, Monitor
from tests.unit.resilience.search.subjects import Call, Rules, Subject, Vote

VOTES: tuple[Vote, ...] = ("success", "failure", "cancel")

Step = tuple[Literal["start", "tick", "success", "failure", "cancel", "abandon"], int]
Key = tuple[object, ...]


@dataclass(frozen=True)
class Search:
    """A breaker to search, and the invariants to watch.

    Attributes:
        make: makes the breaker.
        rules: its rules.
        watched: the invariants to watch; by default all.
    """

    make: Callable[[Rules], Subject]
    rules: Rules
    watched: Collection[str] = tuple(INVARIANTS)


@dataclass
class Found:
    """The findings of a search."""

    states: int = 0
    steps: int = 0
    broken: dict[str, str] = field(default_factory=dict)


class Walk:
    """A path, walked on a breaker that is watched and on one that is left alone."""

    def __init__(self, search: Search) -> None:
        make, rules = search.make, search.rules
        self.rules = rules
        self.watched = Monitor(make(rules), rules, search.watched)
        self.alone = make(rules)
        self.calls: list[Call | None] = []
        self.abandoned: list[Call | None] = []
        self.last: Call | None = None

    def take(self, step: Step) -> None:
        """Take one step on both."""
        what, index = step
        if what == "start":
            let_through = self.watched.start()
            call = self.alone.start()
            self.calls.append(call)
            if let_through != (call is not None):
                self.watched.complain("I13", f"let through without looking: {not let_through}")
        elif what == "tick":
            self.watched.tick()
            self.alone.clock.advance(1)
        elif what == "abandon":
            self.watched.abandon(index)
            self.abandoned.append(self.calls[index])  # a coroutine let go of would be cancelled
            self.calls[index] = None
        else:
            known, call = self.watched.calls[index], self.calls[index]
            assert call is not None
            self.watched.end(index, what)
            call.end(what)
            self.calls[index] = None
            self.last = known.call if known is not None else None

    def key(self) -> Key:
        """Return what decides what comes next; times are counted from now."""
        now, view = self.alone.clock(), self.alone.view()
        until = None if view.until is None else max(0.0, view.until - now)
        far = -float(self.rules.open_s)
        leases = tuple(sorted(max(far, lease - now) for lease in view.leases))
        calls = tuple(sorted(self.describe(index) for index in self.live()))
        failures = min(view.failures, self.rules.failures)
        books = (self.watched.kind, self.watched.failures, self.watched.successes)
        return (view.kind, failures, view.successes, until, leases, calls, books)

    def live(self) -> list[int]:
        """The calls that haven't ended."""
        return [index for index, call in enumerate(self.calls) if call is not None]

    def describe(self, index: int) -> tuple[bool, bool, float]:
        """A call, as far as it differs from others: of this stay or not, a probe, its age."""
        known = self.watched.calls[index]
        if known is None:
            return (False, False, 0.0)
        current = known.stay == self.watched.stay
        age = min(self.watched.now - known.began, self.rules.lease_s) if known.is_probe else 0.0
        return (current, known.is_probe, age if current else 0.0)

    def next_steps(self) -> Iterator[Step]:
        """Everything that can happen now; of calls that are alike only the first."""
        live = self.live()
        if len(live) < self.rules.calls:
            yield ("start", 0)
        yield ("tick", 0)
        kinds = {self.describe(index): index for index in reversed(live)}
        for index in kinds.values():
            for vote in VOTES:
                yield (vote, index)
            yield ("abandon", index)

    def compare(self) -> None:
        """Both breakers look alike, now that somebody has looked at both."""
        self.alone.look()
        if self.alone.view() != self.watched.subject.view():
            lonely, watched = self.alone.view(), self.watched.subject.view()
            self.watched.complain("I13", f"{lonely} without looking, {watched} with it")


def explore(search: Search, enough: Callable[[Found], bool] = lambda _: False) -> Found:
    """Search all states; a step that breaks a watched invariant is noted, and not followed."""
    found = Found()
    seen = {_walk(search, ()).key()}
    ahead: deque[tuple[Step, ...]] = deque([()])
    while ahead and not enough(found):
        path = ahead.popleft()
        found.states += 1
        for step in _walk(search, path).next_steps():
            found.steps += 1
            try:
                key = _check(search, (*path, step), seen)
            except Broken as broken:
                found.broken.setdefault(broken.invariant, f"{broken} after {(*path, step)}")
                continue
            if key not in seen:
                seen.add(key)
                ahead.append((*path, step))
    return found


def _check(search: Search, path: tuple[Step, ...], seen: set[Key]) -> Key:
    """Walk the path, and then do what leads nowhere else."""
    walk = _walk(search, path)
    key = walk.key()
    walk.compare()
    if walk.last is not None and walk.alone.votes_twice:
        for vote in VOTES:
            walk.watched.vote_again(walk.last, vote)
    if key not in seen:
        walk.watched.recover()
    return key


def _walk(search: Search, path: tuple[Step, ...]) -> Walk:
    walk = Walk(search)
    for step in path:
        walk.last = None
        walk.take(step)
    return walk
