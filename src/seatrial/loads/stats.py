"""Every arrival of a run: counted, timed, and merged over processes."""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, NamedTuple

from seatrial.loads.histograms import Durations

RAISED = "raised-"
"""The beginning of the outcome of an arrival whose `call` raised; the exception's name follows."""


class Outcome(NamedTuple):
    """The end of a request: a short name ("hit", "miss", "http-503") and whether that is good."""

    name: str
    ok: bool
    version: int | None = None
    """The revision of the entity that was shown, or that a change made; None when unknown."""


class Assertion(NamedTuple):
    """A profile's finding, when all is over, about what its run left behind."""

    name: str
    """The last part of a check's id, such as "ledger-balances"."""
    kept: bool
    text: str


class Task(NamedTuple):
    """The request of one arrival."""

    key: str
    """The id."""
    kind: str = "read"
    """One of the plan's mix."""
    phase: str = ""
    number: int = 0
    """The number of the arrival in its process, from 0."""


class Arrival(NamedTuple):
    """One request that was sent; times are `time.monotonic()` seconds."""

    intended_s: float
    sent_s: float
    answered_s: float | None
    """None: no answer until the end of the run."""
    key: int
    """The position of the id that it asked for."""
    phase: str
    outcome: str
    ok: bool
    kind: str = "read"
    version: int | None = None
    """See `Outcome`."""

    def moved(self, later_s: float) -> "Arrival":
        """Return the same on another machine's clock."""
        if not later_s:
            return self
        answered_s = None if self.answered_s is None else self.answered_s + later_s
        return self._replace(
            intended_s=self.intended_s + later_s,
            sent_s=self.sent_s + later_s,
            answered_s=answered_s,
        )


@dataclass
class Counts:
    """Arrivals that were sent, answered, dropped since too many were in flight, and unsent."""

    sent: int = 0
    answered: int = 0
    dropped: int = 0
    unsent: int = 0
    """Due, but never sent, since the generator was too late for it."""
    pressure_s: float = 0.0
    """Time in which some task of the machine waited for a processor; all senders together."""
    requests: int = 0
    """HTTP requests that left for all that was sent: further ones, and redirects, count too."""

    @classmethod
    def total(cls, parts: Iterable["Counts"]) -> "Counts":
        """Add up what several processes count."""
        rows = [astuple(part) for part in parts]
        return cls(*(sum(column) for column in zip(*rows, strict=True)))


class Stats:
    """Counts and times of a run in one process, or, merged, in all."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.latency: dict[tuple[str, str], Durations] = {}
        """From the intended time to the answer, by phase and outcome."""
        self.lag = Durations()
        """From the intended to the real time of sending: the generator's own delay."""
        self.own_delay = Durations()
        """Of each arrival that was answered: its lag, and the time that its answer lay unread."""
        self.beat = Durations()
        """The lateness of the generator's loop, sampled by a heartbeat."""
        self.arrivals: list[Arrival] = []
        self.good: Counter[str] = Counter()
        """Good answers by outcome, and under "" the others; only what a summary needs."""
        self.failed: dict[str, dict[str, Any]] = {}
        """The first request of each outcome that isn't good, and its answer."""
        self._open: dict[int, Arrival] = {}

    def send(self, intended_s: float, *, key: int, phase: str, kind: str = "read") -> int:
        """Note that a request leaves now; returns the ticket for `answer`."""
        now_s = time.monotonic()
        ticket = self.counts.sent
        self.counts.sent += 1
        self.lag.record_s(now_s - intended_s)
        self._open[ticket] = Arrival(intended_s, now_s, None, key, phase, "unanswered", False, kind)
        return ticket

    def answer(self, ticket: int, outcome: Outcome, *, unread_s: float = 0.0) -> None:
        """Note that the request of this ticket ended now.

        Args:
            ticket: what `send` gave.
            outcome: how it ended.
            unread_s: how long its answer lay there before it was read.
        """
        now_s = time.monotonic()
        sent = self._open.pop(ticket)
        self.counts.answered += 1
        self.good[outcome.name if outcome.ok else ""] += 1
        self.own_delay.record_s(sent.sent_s - sent.intended_s + unread_s)
        self._held(sent.phase, outcome.name).record_s(now_s - sent.intended_s)
        self.arrivals.append(
            sent._replace(
                answered_s=now_s, outcome=outcome.name, ok=outcome.ok, version=outcome.version
            ),
        )

    def leave(self, count: int) -> None:
        """Note arrivals that were due and weren't sent, since the generator fell behind."""
        self.counts.unsent += count

    def drop(self) -> None:
        """Note an arrival that was not sent, since too many were in flight."""
        self.counts.dropped += 1

    @property
    def in_flight(self) -> int:
        """The number of requests that wait for their answer."""
        return len(self._open)

    def take(self, *, last: bool = False) -> dict[str, Any]:
        """Return what is new, for another process; with `last`, what is open too.

        `total` counts everything since the start, so that the reader sees a missing part.
        """
        if last:
            self.arrivals += self._open.values()
            self._open.clear()
        part = {
            "arrivals": [list(arrival) for arrival in self.arrivals],
            "latency": {"/".join(tag): held.encode() for tag, held in self.latency.items()},
            "lag": self.lag.encode(),
            "own_delay": self.own_delay.encode(),
            "beat": self.beat.encode(),
            "failed": self.failed,
            "total": vars(self.counts).copy(),
        }
        self.arrivals, self.latency = [], {}
        self.lag, self.own_delay, self.beat = Durations(), Durations(), Durations()
        return part

    def add(self, part: dict[str, Any], *, later_s: float = 0.0) -> None:
        """Merge what `take` gave elsewhere; the counts come from `total` of each sender.

        Args:
            part: what it gave.
            later_s: how much later the same moment is on this machine's clock than on its own.
        """
        added = [Arrival(*arrival).moved(later_s) for arrival in part["arrivals"]]
        self.arrivals += added
        self.good.update(one.outcome if one.ok else "" for one in added)
        self.failed = part["failed"] | self.failed
        self.lag.merge(Durations.decode(part["lag"]))
        self.own_delay.merge(Durations.decode(part["own_delay"]))
        self.beat.merge(Durations.decode(part["beat"]))
        for name, text in part["latency"].items():
            phase, _, outcome = name.partition("/")
            self._held(phase, outcome).merge(Durations.decode(text))

    def glance(self) -> dict[str, Any]:
        """Return what the progress shows while the run goes on."""
        cached = self.good["hit"] + self.good["stale"]
        looked_up = cached + self.good["miss"]
        return {
            "errors": self.good[""],
            "hit_ratio": round(cached / looked_up, 4) if looked_up else None,
            "p99_ms": round(self.latency_of().percentile_ms(99), 2),
            "lag_p99_ms": round(self.lag.percentile_ms(99), 2),
        }

    def latency_of(self, *outcomes: str, phase: str | None = None) -> Durations:
        """Return the latencies of these outcomes, or of all; in one phase, or in all."""
        return Durations.merged(
            held
            for (tag, name), held in self.latency.items()
            if (not outcomes or name in outcomes) and phase in (None, tag)
        )

    def _held(self, phase: str, outcome: str) -> Durations:
        held = self.latency.get((phase, outcome))
        if held is None:  # not setdefault: a histogram is 200 kB, too much to make for each answer
            held = self.latency[phase, outcome] = Durations()
        return held
