"""The cache's promises.

Phases that a scenario names: "cold" (the first call about each entity), "warm" (the second, well
within its time to live).
"""

from seatrial.checks.check import WireCheck, where_declared
from seatrial.checks.evidence import Evidence
from seatrial.checks.finding import Finding
from seatrial.config import Cache

_declared = where_declared("cache", lambda policy: policy.cache)


@_declared
def _hits(evidence: Evidence, cache: Cache) -> Finding:
    born_s = {call.entity: call.started_s for call in evidence.calls_in("cold")}
    calls = [
        call
        for call in evidence.calls_in("warm")
        if call.entity in born_s and call.ended_s < born_s[call.entity] + cache.ttl_s
    ]
    if not calls:
        return Finding.undecided("no entity was asked for again within its time to live")
    sent = evidence.attempts_of(calls)
    if sent:
        return Finding.failed(
            f"{len(sent)} of {len(calls)} lookups within {cache.ttl_s:g} s of the first one "
            f"asked the provider again"
        )
    return Finding.passed(f"{len(calls)} lookups within {cache.ttl_s:g} s sent nothing")


@_declared
def _shows(evidence: Evidence, cache: Cache) -> Finding:
    bound_s = cache.fresh_within_s
    if bound_s is None:
        return Finding.skipped("it isn't declared by when a change is shown")
    if not evidence.changes:
        return Finding.undecided("nothing was changed")
    worst_s = 0.0
    for change in evidence.changes:
        if change.shown_s is None or change.shown_s - change.committed_s > bound_s:
            seen = (
                "never"
                if change.shown_s is None
                else f"{change.shown_s - change.committed_s:.2f} s"
            )
            return Finding.failed(
                f"an entity that was {change.kind} at the provider was not shown so within "
                f"{bound_s:g} s ({seen} while anybody looked)"
            )
        worst_s = max(worst_s, change.shown_s - change.committed_s)
    return Finding.passed(
        f"{len(evidence.changes)} changes were shown within {worst_s:.2f} s of {bound_s:g} s"
    )


HIT_SENDS_NOTHING = WireCheck(
    "hit-sends-nothing",
    "Within its time to live a cached entity is served without asking the provider.",
    _hits,
)
SHOWS_CHANGES_IN_TIME = WireCheck(
    "shows-changes-in-time",
    "A change at the provider is shown in time, although the entity was cached.",
    _shows,
    rests_on=HIT_SENDS_NOTHING,
)
