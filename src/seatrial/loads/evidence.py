"""What the limits are judged by: the run, what the origin was asked, and the declared cache."""

from dataclasses import dataclass
from functools import cached_property

from seatrial.loads.oracle import Counting, Replay, lookups_of, replay
from seatrial.loads.record import LoadRun

HIT, MISS, STALE = "hit", "miss", "stale"


@dataclass(frozen=True)
class LoadEvidence:
    """A run beside what was seen and declared elsewhere."""

    run: LoadRun
    upstream_calls: int | None
    """Requests that reached the origin while the run lasted, by the tap; None when unknown."""
    ttl_s: float | None
    """The declared time to live of the cache; None when it isn't declared."""
    max_entries: int | None = None
    """The declared bound of the cache."""
    starts_cold: bool = False
    """Whether the cache is known to be empty at the start, as in a process just started."""
    subject: str = ""
    repeat: str = ""
    """The command that repeats the run."""

    @cached_property
    def cold(self) -> Replay | None:
        """A right cache that was empty at the start: none asks its origin more."""
        return self._replay(Counting.ASKED, warm_at_s=None)

    @cached_property
    def fewest(self) -> Replay | None:
        """A right cache that asks as little as any can.

        Empty at the start where that is known; else it had just fetched everything.
        """
        warm_at_s = None if self.starts_cold else self.run.started_s
        return self._replay(Counting.ANSWERED, warm_at_s=warm_at_s)

    @property
    def never_expiring(self) -> int:
        """How often a cache asks at least that keeps its entries for ever."""
        return len({one.key for one in self.run.tally.arrivals}) if self.starts_cold else 0

    @property
    def sent(self) -> int:
        """Requests that left, answered or not."""
        return len(self.run.tally.arrivals)

    @property
    def errors(self) -> int:
        """Requests without a good answer."""
        return sum(not one.ok for one in self.run.tally.arrivals)

    @property
    def good(self) -> int:
        """Requests with a good answer."""
        return sum(one.ok for one in self.run.tally.arrivals)

    @property
    def hits(self) -> int:
        """Good answers that say they came from the cache."""
        return self.run.count(HIT, STALE)

    def _replay(self, counting: Counting, *, warm_at_s: float | None) -> Replay | None:
        if self.ttl_s is None:
            return None
        return replay(
            lookups_of(self.run.tally.arrivals, fetched=MISS),
            self.ttl_s,
            counting=counting,
            max_entries=self.max_entries,
            warm_at_s=warm_at_s,
        )
