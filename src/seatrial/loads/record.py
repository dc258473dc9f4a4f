"""The record of a load run."""

from dataclasses import dataclass
from typing import Any, Self

from seatrial.loads.plan import LoadPlan
from seatrial.loads.schedule import planned
from seatrial.loads.stats import Arrival, Assertion, Counts, Stats


@dataclass(frozen=True)
class LoadRun:
    """A run: what was sent and seen; times are `time.monotonic()` seconds."""

    profile: str
    host: str
    plan: LoadPlan
    keys: tuple[str, ...]
    started_s: float
    ended_s: float
    interrupted: bool
    """Ended before its plan did, by a signal."""
    workers: int
    """The number of processes that were to send."""
    finished: int
    """The number of them that sent their last part."""
    counts: Counts
    """Counts that the processes report; what was merged is in the stats."""
    planned: int
    cpu_by_worker_s: tuple[float, ...]
    """CPU time of each sending process while it sent."""
    stats: Stats
    target_listens: bool
    """True if the target still accepted a connection afterwards."""
    exit_status: int | None
    target_wait_ratio: float | None = None
    """The share of the run that the busiest thread under load waited for a processor; None:
    unknown."""
    assertions: tuple[Assertion, ...] = ()
    """The profile's findings after the run."""

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """Every request that was sent, in the order of time."""
        return tuple(sorted(self.stats.arrivals, key=lambda one: one.sent_s))

    @property
    def sending_s(self) -> float:
        """The length of the sending: the plan's time, or longer when the generator was late."""
        return max(self.plan.duration_s, self.last_sent_s - self.started_s)

    @property
    def last_sent_s(self) -> float:
        """The time at which the last request left."""
        return max((one.sent_s for one in self.stats.arrivals), default=self.started_s)

    @property
    def cpu_s(self) -> float:
        """CPU time of all sending processes together."""
        return sum(self.cpu_by_worker_s)

    def count(self, *outcomes: str) -> int:
        """Count the requests with one of these outcomes."""
        return sum(one.outcome in outcomes for one in self.stats.arrivals)

    @property
    def sent_ids(self) -> tuple[tuple[float, str], ...]:
        """Time and id of every request: what the oracle replays."""
        return tuple((one.sent_s, self.keys[one.key]) for one in self.arrivals)

    @classmethod
    def from_json(
        cls,
        data: dict[str, Any],
        *,
        profile: str,
        host: str,
        workers: int,
        target_listens: bool,
        exit_status: int | None,
    ) -> Self:
        """Return the run that Locust's leading process wrote, with what only its starter knows."""
        plan = LoadPlan.from_json(data["plan"])
        stats = Stats()
        stats.add(data)
        return cls(
            profile=profile,
            host=host,
            plan=plan,
            keys=tuple(data["keys"]),
            started_s=data["startedS"],
            ended_s=data["endedS"],
            interrupted=data["interrupted"],
            workers=workers,
            finished=len(data["finished"]),
            counts=Counts(**data["counts"]),
            planned=planned(plan, workers),
            cpu_by_worker_s=tuple(data["cpuS"].values()),
            stats=stats,
            target_listens=target_listens,
            exit_status=exit_status,
            assertions=tuple(Assertion(*row) for row in data["assertions"]),
        )
