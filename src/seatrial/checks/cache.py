"""The cache's promises."""

from collections.abc import Sequence

from seatrial.checks import phases
from seatrial.checks.breaker import OPENS_AT_THRESHOLD
from seatrial.checks.check import where_declared, wire_check
from seatrial.checks.evidence import SHOWN, Call, Evidence
from seatrial.checks.finding import Finding
from seatrial.checks.interrupted import MISSING_IS_NO_FAILURE
from seatrial.checks.phases import ScenarioPhase
from seatrial.checks.premises import reached, visible
from seatrial.checks.tolerance import tolerance_s
from seatrial.config import DeclaredCache

_declared = where_declared("cache", lambda policy: policy.cache)
MOST_ENTRIES = 60
"""The largest cache that a scenario fills."""
LONGEST_PAUSE_S = 0.07
"""Changes with longer pauses between them aren't steady: what sends their events on is late, too,
so that a cache which waits for a pause of 0.1 s may see one."""
_ENOUGH_LOOKUPS = 20
FEW_ENTRIES = 20
"""The bound that a scenario sets where a larger one is declared, and what sets it."""


def _born_s(evidence: Evidence) -> dict[str, float]:
    """When each entity that was then shown can have been cached, at the earliest."""
    return {
        call.entity: call.started_s
        for call in evidence.calls_in(phases.COLD)
        if call.outcome in SHOWN
    }


@_declared
def _hits(evidence: Evidence, cache: DeclaredCache) -> Finding:
    born_s = _born_s(evidence)
    calls = [
        call
        for call in evidence.calls_in(phases.WARM)
        if call.entity in born_s and call.ended_s < born_s[call.entity] + cache.ttl_s
    ]
    if not calls:
        return Finding.retryable_undecided("no entity was asked for again within its time to live")
    sent = evidence.attempts_of(calls)
    if sent:
        return Finding.failed(
            f"{len(sent)} of {len(calls)} lookups within {cache.ttl_s:g} s of the first one "
            f"asked the provider again",
            shown_by=sent[0],
        )
    return Finding.passed(f"{len(calls)} lookups within {cache.ttl_s:g} s sent nothing")


@_declared
def _expires(evidence: Evidence, cache: DeclaredCache) -> Finding:
    """Entries are born, at the latest, as the last call ended that asked the provider for them."""
    asked = [
        call for call in evidence.calls_in(phases.COLD, phases.WARM) if evidence.attempts_of(call)
    ]
    # In order: a lookup that a busy machine sent late may have found it expired, and renewed it.
    born_s = {call.entity: call.ended_s for call in asked}
    calls = [
        call
        for call in evidence.calls_in(phases.EXPIRED)
        if call.entity in born_s
        and call.started_s >= born_s[call.entity] + cache.ttl_s + tolerance_s(cache.ttl_s) / 2
    ]
    if not calls:
        return Finding.undecided("no entity was asked for after its time to live")
    silent = [call for call in calls if not evidence.attempts_of(call)]
    if silent:
        age_s = silent[0].started_s - born_s[silent[0].entity]
        return Finding.failed(
            f"{len(silent)} of {len(calls)} lookups of entries {age_s:.2f} s old did not ask "
            f"the provider; {cache.ttl_s:g} s are declared "
            f"(and {tolerance_s(cache.ttl_s) / 2:.2g} s of tolerance)",
            shown_by=silent[0],
        )
    return Finding.passed(f"{len(calls)} entries older than {cache.ttl_s:g} s were asked for again")


@_declared
def _not_cached(evidence: Evidence, _: DeclaredCache) -> Finding:
    # A bad answer that was taken for a good one is another promise's.
    good = {call.entity for call in evidence.calls if _was_good(call)}
    calls = [call for call in evidence.calls_in(phases.AGAIN) if call.entity not in good]
    if not calls:
        return Finding.undecided("no entity was asked for again after a failure")
    silent = [call for call in calls if not evidence.attempts_of(call)]
    if silent and any(not evidence.attempts_of(call) for call in _next_to(evidence, silent)):
        return Finding.undecided(
            f"{len(silent)} of {len(calls)} lookups after a failure did not ask the provider, but "
            "nor did one about another entity right after it: an open breaker looks like this"
        )
    if silent:
        return Finding.failed(
            f"{len(silent)} of {len(calls)} lookups after a failure did not ask the provider: "
            f"the failure was kept (the consumer said {silent[0].status})",
            shown_by=silent[0],
        )
    return Finding.passed(f"all {len(calls)} lookups after a failure asked the provider again")


def _next_to(evidence: Evidence, calls: list[Call]) -> list[Call]:
    """For each of these calls, the first one about something new that was made after it."""
    between = evidence.calls_in(phases.BETWEEN)
    return [
        min(later, key=lambda one: one.started_s)
        for call in calls
        if (later := [one for one in between if one.started_s >= call.ended_s])
    ]


def _was_good(call: Call) -> bool:
    return call.outcome in SHOWN and call.phase != phases.AGAIN


@where_declared("time for a 404", lambda p: p.cache if _keeps_missing(p) else None)
def _missing(evidence: Evidence, cache: DeclaredCache) -> Finding:
    bound_s = cache.missing_ttl_s or 0.0
    last_s = {call.entity: call.ended_s for call in evidence.calls_in(phases.MISSING)}
    calls = [
        call
        for call in evidence.calls_in(phases.MISSING_LATER)
        if call.entity in last_s and call.started_s >= last_s[call.entity] + bound_s
    ]
    if not calls:
        return Finding.undecided("no missing entity was asked for later")
    silent = [call for call in calls if not evidence.attempts_of(call)]
    if silent:
        return Finding.failed(
            f"{len(silent)} of {len(calls)} lookups of what was missing "
            f"{silent[0].started_s - last_s[silent[0].entity]:.2f} s before did not ask the "
            f"provider; a 404 is kept for {bound_s:g} s at most, as declared",
            shown_by=silent[0],
        )
    return Finding.passed(
        f"{len(calls)} entities that were missing were asked for again after {bound_s:g} s"
    )


def _keeps_missing(policy: object) -> bool:
    cache: DeclaredCache | None = getattr(policy, "cache", None)
    return cache is not None and cache.missing_ttl_s is not None


@where_declared("cache before the breaker", lambda p: p.cache if p.breaker else None)
def _hits_while_open(evidence: Evidence, cache: DeclaredCache) -> Finding:
    if cache.serves_while_open is None:
        return Finding.skipped("it isn't declared whether a fresh entry is served while open")
    born_s = _born_s(evidence)
    calls = [
        call
        for call in evidence.calls_in(phases.HIT_WHILE_OPEN)
        if call.entity in born_s and call.ended_s < born_s[call.entity] + cache.ttl_s
    ]
    if not calls:
        return Finding.retryable_undecided("no entry was fresh while the breaker was open")
    served = [call for call in calls if call.outcome == evidence.hit_outcome]
    if not cache.serves_while_open:
        return Finding.skipped("it is declared that nothing is served while open")
    if len(served) < len(calls):
        refused = next(call for call in calls if call not in served)
        return Finding.failed(
            f"{len(calls) - len(served)} of {len(calls)} fresh entries were not served while the "
            f"breaker was open: the consumer said {refused.status}",
            shown_by=refused,
        )
    return Finding.passed(f"{len(calls)} fresh entries were served while the breaker was open")


def _stale_bound_s(policy: object) -> DeclaredCache | None:
    cache: DeclaredCache | None = getattr(policy, "cache", None)
    return cache if cache is not None and cache.stale_if_error_s is not None else None


@where_declared("staleness", _stale_bound_s)
def _stale(evidence: Evidence, cache: DeclaredCache) -> Finding:
    bound_s = cache.stale_if_error_s or 0.0
    calls, born_s = evidence.calls_in(phases.STALE), _born_s(evidence)
    if not calls:
        return Finding.undecided("no expired entry was asked for while the provider was down")
    fresh = [call for call in calls if call.outcome in SHOWN]
    if fresh and bound_s and "stale" not in evidence.answers:
        return Finding.undecided("edges.….stale doesn't declare how a stale answer looks")
    if fresh:
        return Finding.failed(
            f"{len(fresh)} of {len(calls)} expired entries were served as if they were fresh "
            "while the provider was down",
            shown_by=fresh[0],
        )
    if not bound_s:
        return _nothing_kept(evidence, phases.STALE)
    failed = [call for call in calls if call.outcome != "stale"]
    oldest_s = cache.ttl_s + bound_s
    if any(call.ended_s > born_s.get(call.entity, call.ended_s) + oldest_s for call in failed):
        return Finding.retryable_undecided(
            f"an entry may have been older than the declared {oldest_s:g} s when it was asked for"
        )
    if failed:
        return Finding.failed(
            f"{len(failed)} of {len(calls)} entries were not served although they had expired "
            f"less than the declared {bound_s:g} s before: the consumer said {failed[0].status}",
            shown_by=failed[0],
        )
    return Finding.passed(f"{len(calls)} expired entries were served, and marked as stale")


def _nothing_kept(evidence: Evidence, phase: ScenarioPhase) -> Finding:
    calls = evidence.calls_in(phase)
    served = [call for call in calls if call.outcome in SHOWN or call.outcome == "stale"]
    if served:
        return Finding.failed(
            f"{len(served)} of {len(calls)} entries were served although they were too old",
            shown_by=served[0],
        )
    return Finding.passed(f"none of {len(calls)} entries that were too old was served")


@where_declared("staleness", _stale_bound_s)
def _gone(evidence: Evidence, cache: DeclaredCache) -> Finding:
    if not cache.stale_if_error_s:
        return Finding.skipped("nothing is served past its time as declared")
    if not cache.missing_ttl_s:
        return Finding.skipped("no answer that there is none is kept as declared")
    oldest_s = cache.ttl_s + cache.stale_if_error_s
    born_s = _born_s(evidence)
    said_s = {
        call.entity: call.ended_s
        for call in evidence.calls_in(phases.MISSING)
        if call.outcome == "missing" and evidence.attempts_of(call)
    }
    calls = [
        call
        for call in evidence.calls_in(phases.GONE)
        if call.entity in born_s and call.entity in said_s
    ]
    if not calls:
        return Finding.undecided("nothing was asked for that was shown, and then said to be gone")
    served = [call for call in calls if call.outcome in SHOWN or call.outcome == "stale"]
    if served:
        return Finding.failed(
            f"{served[0].entity} was served although the provider had said "
            f"{served[0].started_s - said_s[served[0].entity]:.2f} s before that there is none",
            shown_by=served[0],
        )
    if all(call.ended_s > born_s[call.entity] + oldest_s for call in calls):
        return Finding.retryable_undecided("the entry may have been too old even to be stale")
    return Finding.passed(f"{len(calls)} lookups of what was gone weren't answered from before")


@where_declared("staleness", _stale_bound_s)
def _too_old(evidence: Evidence, cache: DeclaredCache) -> Finding:
    oldest_s = cache.ttl_s + (cache.stale_if_error_s or 0.0)
    born_s = {call.entity: call.ended_s for call in evidence.calls_in(phases.COLD)}
    calls = [
        call
        for call in evidence.calls_in(phases.TOO_OLD)
        if call.entity in born_s and call.started_s >= born_s[call.entity] + oldest_s
    ]
    if not calls:
        return Finding.undecided("no entry was asked for after it was too old even to be stale")
    return _nothing_kept(evidence, phases.TOO_OLD)


@_declared
def _shows(evidence: Evidence, cache: DeclaredCache) -> Finding:
    bound_s = cache.fresh_within_s
    if bound_s is None:
        return Finding.skipped("it isn't declared by when a change is shown")
    if not evidence.changes:
        return Finding.undecided("nothing was changed")
    said_gone = _said_gone(evidence)
    if said_gone:
        return Finding.failed(
            f"{said_gone[0].entity} was changed at the provider, and was then said to be gone",
            shown_by=said_gone[0],
        )
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
                f"{bound_s:g} s ({seen} while anybody looked)",
                shown_by=next(
                    (one for one in reversed(evidence.calls) if one.entity == change.entity), None
                ),
            )
        worst_s = max(worst_s, change.shown_s - change.committed_s)
    return Finding.passed(
        f"{len(evidence.changes)} changes were shown within {worst_s:.2f} s of {bound_s:g} s"
    )


def _said_gone(evidence: Evidence) -> list[Call]:
    """Return the lookups of what was changed, and never removed, that were answered "missing"."""
    kinds = {change.entity: change.kind for change in evidence.changes}
    return [
        call
        for call in evidence.calls_in(phases.LOOKING)
        if kinds.get(call.entity) == "changed" and call.outcome == "missing"
    ]


@_declared
def _used_again(evidence: Evidence, cache: DeclaredCache) -> Finding:
    if cache.fresh_within_s is None:
        return Finding.skipped("it isn't declared by when a change is shown")
    calls = evidence.calls_in(phases.FLOWING)
    if not calls:
        return Finding.undecided("no call was made after a cut while changes of others came")
    pause_s = evidence.facts.get("longest_pause_s", float("inf"))
    took_s = calls[-1].ended_s - calls[0].started_s
    if evidence.attempts_of(calls[-1]):
        if len(calls) < _ENOUGH_LOOKUPS:
            return Finding.retryable_undecided(f"only {len(calls)} lookups fitted into the time")
        return Finding.failed(
            f"{len(calls)} lookups over {took_s:.1f} s asked the provider each time: while changes "
            "of others come, the cache is not used again",
            shown_by=calls[-1],
        )
    # Who waits for a processor here shows that what sends events on may have waited, too.
    if evidence.waited_s(calls[0].started_s, calls[-1].ended_s) > took_s / 2:
        return Finding.retryable_undecided(
            "the machine was too busy to send the changes on without a pause"
        )
    if pause_s >= LONGEST_PAUSE_S:
        return Finding.retryable_undecided(
            f"the changes paused for {pause_s:.2f} s: a cache that waits for that was used too"
        )
    return Finding.passed(f"the cache was used again after {took_s:.2f} s of steady changes")


@where_declared("bound on entries", lambda p: p.cache if _bounded(p) else None)
def _entries(evidence: Evidence, cache: DeclaredCache) -> Finding:
    most = cache.max_entries or 0
    filled, again = evidence.calls_in(phases.FILLING), evidence.calls_in(phases.REFILLING)
    if most > MOST_ENTRIES:
        return Finding.undecided(
            f"declared, not tested: {most} entries are more than the {MOST_ENTRIES} that are "
            "filled; max_entries_env in the policy names what sets a smaller bound"
        )
    if len({call.entity for call in filled}) <= most or not again:
        return Finding.undecided(f"no more than {most} entities were asked for")
    alone = [call for call in filled if not _overlap(call, filled)]
    lost = [
        call
        for call in alone
        if not evidence.attempts_of(call) and call.outcome in ("failed", "degraded", "other")
    ]
    if lost:
        return Finding.failed(
            f"{len(lost)} of {len(alone)} callers of a full cache, one after the other, were "
            f"answered {lost[0].status} without asking the provider, which was well",
            shown_by=lost[0],
        )
    if not all(evidence.attempts_of(call) for call in filled):
        return Finding.undecided("not each of these entities was asked for at the provider")
    if max(call.ended_s for call in again) > filled[0].started_s + cache.ttl_s:
        return Finding.retryable_undecided("entries may have expired before they were asked for")
    hits = _from_memory(evidence, again)
    crowd = evidence.calls_in(phases.CROWD_AGAIN)
    for asked, served in ((again, hits), (crowd, _from_memory(evidence, crowd))):
        if len(served) > most:
            return Finding.failed(
                f"{len(served)} of {len(asked)} entities were served from memory, where {most} "
                "entries are declared to be kept",
                shown_by=served[most],
            )
    if not hits:
        return Finding.undecided("none of these entities was served from memory")
    return Finding.passed(
        f"{len(hits)} of {len(again)} entities came from memory, {most} may be kept"
        + (f" (set by {cache.max_entries_env})" if cache.max_entries_env else "")
    )


def _from_memory(evidence: Evidence, calls: Sequence[Call]) -> list[Call]:
    return [call for call in calls if not evidence.attempts_of(call) and call.outcome in SHOWN]


def _overlap(call: Call, others: Sequence[Call]) -> bool:
    """Return whether another one was under way at the same time: a limit may have held it back."""
    return any(
        one is not call and one.started_s < call.ended_s and call.started_s < one.ended_s
        for one in others
    )


def _bounded(policy: object) -> bool:
    cache: DeclaredCache | None = getattr(policy, "cache", None)
    return cache is not None and cache.max_entries is not None


HIT_SENDS_NOTHING = wire_check(
    "hit-sends-nothing",
    "Within its time to live a cached entity is served without asking the provider.",
    _hits,
    needs=[phases.COLD, phases.WARM],
    tests=["cache.ttl_s"],
    premises=[reached(phases.COLD), visible(phases.WARM)],
)
ENTRIES_EXPIRE = wire_check(
    "entries-expire",
    "After its time to live a cached entity is asked for again.",
    _expires,
    needs=[phases.COLD, phases.EXPIRED],
    reads=[phases.WARM],
    tests=["cache.ttl_s"],
    depends_on=[HIT_SENDS_NOTHING],
)
FAILURES_ARE_NOT_CACHED = wire_check(
    "failures-are-not-cached",
    "After a lookup that failed the provider is asked again.",
    _not_cached,
    needs=[phases.AGAIN],
    reads=[phases.BETWEEN],
    premises=[visible(phases.AGAIN)],
)
MISSING_IS_FORGOTTEN = wire_check(
    "missing-is-forgotten",
    "That there is no such entity is not believed for longer than declared.",
    _missing,
    needs=[phases.MISSING, phases.MISSING_LATER],
    tests=["cache.missing_ttl_s"],
    depends_on=[MISSING_IS_NO_FAILURE],
)
SERVES_HITS_WHILE_OPEN = wire_check(
    "serves-hits-while-open",
    "A fresh entry is served whatever the breaker's state.",
    _hits_while_open,
    needs=[phases.COLD, phases.HIT_WHILE_OPEN],
    tests=["cache.serves_while_open"],
    depends_on=[HIT_SENDS_NOTHING, OPENS_AT_THRESHOLD],
)
STALE_AS_DECLARED = wire_check(
    "stale-as-declared",
    "While the provider is down an expired entry is served as declared, and never as fresh.",
    _stale,
    needs=[phases.STALE],
    reads=[phases.COLD],
    tests=["cache.stale_if_error_s"],
)
GONE_IS_NOT_SERVED = wire_check(
    "gone-is-not-served",
    "What the provider said isn't there any more is not served as stale when it is down.",
    _gone,
    needs=[phases.COLD, phases.MISSING, phases.GONE],
    tests=["cache.stale_if_error_s"],
    depends_on=[STALE_AS_DECLARED],
)
NOTHING_TOO_OLD = wire_check(
    "nothing-too-old",
    "What is too old even to be stale is not served.",
    _too_old,
    needs=[phases.COLD, phases.TOO_OLD],
    tests=["cache.stale_if_error_s"],
    depends_on=[HIT_SENDS_NOTHING],
)
SHOWS_CHANGES_IN_TIME = wire_check(
    "shows-changes-in-time",
    "A change at the provider is shown in time, although the entity was cached.",
    _shows,
    reads=[phases.LOOKING],
    tests=["cache.fresh_within_s"],
    depends_on=[HIT_SENDS_NOTHING],
)
USED_WHILE_CHANGES_FLOW = wire_check(
    "used-while-changes-flow",
    "A cache that was cut off from changes is used again, although those of others never pause.",
    _used_again,
    needs=[phases.FLOWING],
    tests=["cache.fresh_within_s"],
    depends_on=[HIT_SENDS_NOTHING],
)
CAPS_ENTRIES = wire_check(
    "caps-entries",
    "No more entries are kept than declared.",
    _entries,
    needs=[phases.FILLING, phases.REFILLING],
    reads=[phases.CROWD_AGAIN],
    tests=["cache.max_entries", "cache.max_entries_env"],
    depends_on=[HIT_SENDS_NOTHING],
    premises=[visible(phases.FILLING, phases.REFILLING, phases.CROWD_AGAIN)],
)
