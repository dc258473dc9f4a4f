"""Planted runs: what a right system's load run looks like, to be broken in one place."""

from dataclasses import replace
from typing import Any

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.histograms import Durations
from seatrial.loads.keys import ZipfKeys
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.record import LoadRun
from seatrial.loads.schedule import planned, schedule
from seatrial.loads.stats import Arrival, Counts, Stats

START_S = 1000.0
TTL_S = 1.0
KEYS = tuple(f"u-{number}" for number in range(50))
PLAN = LoadPlan(phases=(Phase("steady", 5.0, 200.0),), seed=7)


def stats_of(arrivals: list[Arrival]) -> Stats:
    """The stats that these arrivals leave, without a clock."""
    stats = Stats()
    stats.counts = Counts(len(arrivals), sum(one.answered_s is not None for one in arrivals), 0)
    stats.arrivals = arrivals
    for one in arrivals:
        stats.lag.record_s(one.sent_s - one.intended_s)
        if one.answered_s is not None:
            tag = (one.phase, one.outcome)
            if tag not in stats.latency:
                stats.latency[tag] = Durations()
            stats.latency[tag].record_s(one.answered_s - one.intended_s)
    return stats


def arrivals_of(
    plan: LoadPlan = PLAN,
    *,
    ttl_s: float = TTL_S,
    hit_s: float = 0.002,
    miss_s: float = 0.02,
    lag_s: float = 0.001,
) -> tuple[list[Arrival], int]:
    """Return what a cache with this TTL would answer in virtual time, and its upstream calls."""
    chosen = ZipfKeys(len(KEYS), exponent=plan.zipf_exponent, seed=plan.seed)
    stored: dict[int, float] = {}
    found: list[Arrival] = []
    upstream = 0
    for due in schedule(plan):
        intended_s = START_S + due.at_s
        sent_s, key = intended_s + lag_s, chosen.pick()
        kept_s = stored.get(key)
        if kept_s is not None and kept_s <= sent_s < kept_s + ttl_s:
            outcome, answered_s = "hit", sent_s + hit_s
        else:
            outcome, answered_s = "miss", sent_s + miss_s
            if kept_s is None or sent_s >= kept_s + ttl_s:
                upstream += 1
                stored[key] = answered_s
        found.append(Arrival(intended_s, sent_s, answered_s, key, due.phase, outcome, True))
    return found, upstream


def run_of(arrivals: list[Arrival], **changes: Any) -> LoadRun:
    """A whole and valid run with these arrivals, but for the changes."""
    stats = stats_of(arrivals)
    run = LoadRun(
        profile="cached_lookups",
        host="http://127.0.0.1:1",
        plan=PLAN,
        keys=KEYS,
        started_s=START_S,
        ended_s=START_S + PLAN.duration_s,
        interrupted=False,
        workers=1,
        finished=1,
        counts=stats.counts,
        planned=planned(PLAN),
        cpu_by_worker_s=(0.5,),
        stats=stats,
        target_listens=True,
        exit_status=0,
    )
    return replace(run, **changes)


def evidence_of(
    run: LoadRun, upstream_calls: int | None, ttl_s: float | None = TTL_S
) -> LoadEvidence:
    """The evidence for the limits."""
    return LoadEvidence(run, upstream_calls, ttl_s, subject="cards", rerun="seatrial load run")
