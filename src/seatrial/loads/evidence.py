"""Evidence for the limits: the run, the calls at the origin, and the declared cache."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import NamedTuple

from seatrial.loads.histograms import Durations
from seatrial.loads.oracle import Counting, OriginChange, Replay, lookups_of, replay
from seatrial.loads.profile import AFTER, BEFORE, DURING, FAULT_TIMES
from seatrial.loads.record import LoadRun
from seatrial.loads.staleness import CHANGED, Staleness, staleness
from seatrial.loads.stats import Arrival

HIT, MISS, STALE = "hit", "miss", "stale"
WHOLE = ""
"""The part that is the whole run."""


class UpstreamCall(NamedTuple):
    """A request that reached the origin: when, seconds, and for which of the run's ids."""

    at_s: float
    key: int


@dataclass(frozen=True)
class FaultSpan:
    """A fault as it was really applied and removed; `time.monotonic()` seconds."""

    name: str
    began_s: float
    ended_s: float
    on: str = "provider"
    """The link or process that it hit."""
    text: str = ""
    """The name with its values: "latency delay 0.5 s"."""

    @property
    def empties_the_cache(self) -> bool:
        """True if the consumer forgot all: another process took its place."""
        return self.name == "killed" and self.on == "consumer"


@dataclass(frozen=True)
class LoadEvidence:
    """A run, with what was seen and declared elsewhere."""

    run: LoadRun
    upstream_calls: int | None
    """Requests that reached the origin while the run lasted, by the tap; None when unknown."""
    ttl_s: float | None
    """The declared time to live of the cache; None when it isn't declared."""
    max_entries: int | None = None
    """The declared bound of the cache."""
    starts_cold: bool = False
    """True if the cache is known to be empty at the start, as in a process just started."""
    subject: str = ""
    rerun: str = ""
    """The command that repeats the run."""
    upstream_log: tuple[UpstreamCall, ...] | None = None
    """The same requests one by one, for the figures of phases; None when unknown."""
    faults: tuple[FaultSpan, ...] = ()
    deadline_s: float | None = None
    """The caller's declared deadline; None when it isn't declared."""

    @cached_property
    def cold(self) -> Replay | None:
        """A right cache that was empty at the start: none asks its origin more."""
        return self._replay(Counting.ASKED, warm_at_s=None, refreshes=False)

    @cached_property
    def fewest(self) -> Replay | None:
        """A right cache that asks as little as any can.

        Empty at the start where that is known; else it had just fetched everything.
        """
        warm_at_s = None if self.starts_cold else self.run.started_s
        return self._replay(Counting.ANSWERED, warm_at_s=warm_at_s, refreshes=True)

    @cached_property
    def staleness(self) -> tuple[Staleness, ...]:
        """Each change that was made in the run, with when it was seen."""
        return staleness(self.run.stats.arrivals)

    @property
    def whole(self) -> "RunPart":
        """All of the run."""
        return RunPart(self, WHOLE, tuple(self.run.stats.arrivals))

    def part(self, name: str) -> "RunPart":
        """Return the arrivals of one phase; or those before, during or after the faults."""
        rows = self.run.stats.arrivals
        if name in self.run.plan.names:
            return RunPart(self, name, tuple(one for one in rows if one.phase == name))
        began_s, ended_s = self._disturbed()
        from_s, to_s = {
            BEFORE: (-inf, began_s),
            DURING: (began_s, ended_s),
            AFTER: (ended_s, inf),
        }[name]
        return RunPart(self, name, tuple(one for one in rows if from_s <= one.intended_s < to_s))

    @property
    def parts(self) -> tuple["RunPart", ...]:
        """The phases; where something went wrong, also the times before, during and after it."""
        names = list(self.run.plan.names)
        if self.faults:
            names += [name for name in FAULT_TIMES if name not in names]
        return tuple(self.part(name) for name in names)

    def _disturbed(self) -> tuple[float, float]:
        return (
            min((one.began_s for one in self.faults), default=inf),
            max((one.ended_s for one in self.faults), default=inf),
        )

    @cached_property
    def arrivals_by_key(self) -> dict[int, list[Arrival]]:
        """By id, what was sent, in the order of time."""
        found: dict[int, list[Arrival]] = defaultdict(list)
        for one in self.run.arrivals:
            found[one.key].append(one)
        return found

    @cached_property
    def upstream_causes(self) -> tuple[tuple[UpstreamCall, Arrival | None], ...]:
        """Each request at the origin with the last arrival that can have caused it."""
        return tuple((one, self._cause(one)) for one in self.upstream_log or ())

    def _cause(self, asked: UpstreamCall) -> Arrival | None:
        sent = self.arrivals_by_key.get(asked.key, [])
        place = bisect_right(sent, asked.at_s, key=lambda one: one.sent_s)
        return sent[place - 1] if place else None

    def _replay(
        self, counting: Counting, *, warm_at_s: float | None, refreshes: bool
    ) -> Replay | None:
        if self.ttl_s is None:
            return None
        return replay(
            lookups_of(self.run.stats.arrivals, fetched=MISS),
            self.ttl_s,
            counting=counting,
            max_entries=self.max_entries,
            warm_at_s=warm_at_s,
            edits=self._edits(),
            refreshes=refreshes,
        )

    def _edits(self) -> list[OriginChange]:
        changed = [
            OriginChange(one.answered_s, one.key)
            for one in self.run.stats.arrivals
            if one.outcome == CHANGED and one.answered_s is not None
        ]
        return changed + [
            OriginChange(one.began_s, None) for one in self.faults if one.empties_the_cache
        ]


@dataclass(frozen=True)
class RunPart:
    """Some of a run's arrivals: all, a phase, or the time before, during or after its faults."""

    evidence: LoadEvidence
    name: str
    arrivals: tuple[Arrival, ...]

    @property
    def sent(self) -> int:
        """Requests that left, answered or not."""
        return len(self.arrivals)

    @cached_property
    def reads(self) -> tuple[Arrival, ...]:
        """Those that only looked."""
        return tuple(one for one in self.arrivals if one.kind == "read")

    @property
    def errors(self) -> int:
        """Requests without a good answer."""
        return sum(not one.ok for one in self.arrivals)

    @property
    def failures(self) -> Counter[str]:
        """The same by outcome."""
        return Counter(one.outcome for one in self.arrivals if not one.ok)

    @property
    def good(self) -> int:
        """Reads with a good answer."""
        return sum(one.ok for one in self.reads)

    @property
    def hits(self) -> int:
        """Good answers that say they came from the cache."""
        return sum(one.outcome in {HIT, STALE} for one in self.reads)

    @property
    def cold(self) -> Replay | None:
        """See `LoadEvidence.cold`; None too where a part isn't a phase."""
        return self._of(self.evidence.cold)

    @property
    def fewest(self) -> Replay | None:
        """See `LoadEvidence.fewest`; None too where a part isn't a phase."""
        return self._of(self.evidence.fewest)

    @property
    def is_phase(self) -> bool:
        """True if all its arrivals, and no others, are tagged with its name."""
        return self.name in self.evidence.run.plan.names

    @cached_property
    def upstream_calls(self) -> int | None:
        """Requests at the origin that its arrivals caused; None when unknown."""
        if self.name == WHOLE:
            return self.evidence.upstream_calls
        if self.evidence.upstream_log is None:
            return None
        own = set(map(id, self.arrivals))
        return sum(id(cause) in own for _, cause in self.evidence.upstream_causes)

    @property
    def never_expiring(self) -> int:
        """The fewest calls of a cache that keeps its entries for ever."""
        if not self.evidence.starts_cold:
            return 0
        firsts = {key: rows[0].phase for key, rows in self.evidence.arrivals_by_key.items()}
        if self.name == WHOLE:
            return len(firsts)
        return sum(phase == self.name for phase in firsts.values())

    @property
    def staleness(self) -> tuple[Staleness, ...]:
        """Each change that was made in it, with when it was seen."""
        own = {(one.key, one.answered_s) for one in self.arrivals if one.outcome == CHANGED}
        found = self.evidence.staleness
        return tuple(one for one in found if (one.key, one.committed_s) in own)

    def latency_of(self, *outcomes: str) -> Durations:
        """Return the latencies of these outcomes; of all outcomes when none is named."""
        stats = self.evidence.run.stats
        if self.name == WHOLE:
            return stats.latency_of(*outcomes)
        if self.is_phase:
            return stats.latency_of(*outcomes, phase=self.name)
        return durations_of(one for one in self.arrivals if not outcomes or one.outcome in outcomes)

    def in_time(self, deadline_s: float | None) -> int:
        """Count arrivals that were answered well, within this time of when they were due."""
        return sum(is_good(one, deadline_s) for one in self.arrivals)

    def _of(self, whole: Replay | None) -> Replay | None:
        if whole is None or self.name == WHOLE:
            return whole
        return whole.of_phase(self.name) if self.is_phase else None


def is_good(one: Arrival, deadline_s: float | None) -> bool:
    """Return whether an arrival was answered well, and in time where a time is declared."""
    if not one.ok or one.answered_s is None:
        return False
    return deadline_s is None or one.answered_s - one.intended_s <= deadline_s


def durations_of(arrivals: Iterable[Arrival]) -> Durations:
    """Return their latencies from when they were due."""
    made = Durations()
    for one in arrivals:
        if one.answered_s is not None:
            made.record_s(one.answered_s - one.intended_s)
    return made
