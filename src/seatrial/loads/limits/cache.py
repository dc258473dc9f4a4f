"""Limits of a cache: its hits, its calls to the origin, and its freshness."""

from seatrial.loads.evidence import HIT, MISS, RunPart
from seatrial.loads.limits.check import check, no_ttl, not_declared, passes, undecided, unseen
from seatrial.loads.limits.registry import limit
from seatrial.loads.profile import Limits
from seatrial.results import Check, Verdict

EACH_MIN = 30
"""With fewer hits, or misses, their medians aren't compared."""
READ_MIN = 0.5
"""The share of changes that must have been read again, or staleness isn't judged."""


@limit("hit-ratio")
def hit_ratio(part: RunPart, limits: Limits) -> Check:
    """Check that the cache answers about as often as a right one would have."""
    name = "hit-ratio"
    share = limits.hit_ratio_of_oracle_min
    if limits.hit_ratio_min is not None:
        least, why = limits.hit_ratio_min, "which is declared"
    elif share is None:
        return not_declared(part, name)
    elif part.cold is not None:
        served = part.cold.upstream + part.cold.joined + part.cold.hits
        right = part.cold.hits / max(1, served)
        least = right * share
        why = f"{share:.0%} of what a right cache gives here ({right:.1%})"
    else:
        return no_ttl(part, name)
    if not part.good:
        return undecided(part, name, "no request was answered well")
    ratio = part.hits / part.good
    text = f"{ratio:.1%} of {part.good} good answers came from the cache"
    text += f"; the least is {least:.1%}, {why}"
    facts = {"hits": part.hits, "good": part.good, "hit_ratio": ratio, "least": least}
    return check(part, name, passes(ratio >= least), text, facts)


@limit("upstream-over-oracle")
def upstream_over_oracle(part: RunPart, limits: Limits) -> Check:
    """Check that the origin isn't asked more than a right cache asks it."""
    name, most = "upstream-over-oracle", limits.upstream_over_oracle_max
    if most is None:
        return not_declared(part, name)
    if part.cold is None:
        return no_ttl(part, name)
    if part.upstream_calls is None:
        return unseen(part, name)
    seen, right = part.upstream_calls, part.cold.upstream
    if not right:
        return undecided(part, name, "a right cache would have asked nothing here")
    text = (
        f"the origin was asked {seen} times for {len(part.reads)} requests, {seen / right:.3f} of "
        f"the {right} that a cache with a TTL of {part.evidence.ttl_s:g} s and single flight "
        f"makes; at most {most:g} of it is allowed"
    )
    facts = {"upstream": seen, "oracle": right, "upstream_over_oracle": seen / right}
    return check(part, name, passes(seen <= right * most), text, facts)


@limit("entries-expire")
def entries_expire(part: RunPart, limits: Limits) -> Check:
    """Check that the origin is asked again after the TTL: entries aren't kept for longer."""
    name, share = "entries-expire", limits.upstream_under_oracle_min
    if share is None:
        return not_declared(part, name)
    if part.fewest is None:
        return no_ttl(part, name)
    if part.upstream_calls is None:
        return unseen(part, name)
    seen, fewest = part.upstream_calls, part.fewest.upstream
    least = fewest * share
    if part.never_expiring >= least:
        text = f"the run was too short to see entries expire ({part.evidence.ttl_s:g} s)"
        return undecided(part, name, text)
    text = (
        f"the origin was asked {seen} times; the fewest that a cache with a TTL of "
        f"{part.evidence.ttl_s:g} s can ask it is {fewest} times, and {share:g} of that is the "
        "least"
    )
    facts = {"upstream": seen, "fewest": fewest}
    return check(part, name, passes(seen >= least), text, facts)


@limit("hits-beat-misses")
def hits_beat_misses(part: RunPart, limits: Limits) -> Check:
    """Check that the median hit is faster than the median miss: the slowest are all misses."""
    name, most = "hits-beat-misses", limits.hit_p50_of_miss_p50_max
    if most is None:
        return not_declared(part, name)
    hits, misses = part.latency_of(HIT), part.latency_of(MISS)
    if min(hits.count, misses.count) < EACH_MIN:
        text = f"there were {hits.count} hits and {misses.count} misses; {EACH_MIN} of each "
        return undecided(part, name, text + "are needed to compare medians")
    hit_ms, miss_ms = hits.percentile_ms(50), misses.percentile_ms(50)
    lag_ms = part.evidence.run.stats.lag.percentile_ms(50)
    text = (
        f"the median hit took {hit_ms:.2f} ms and the median miss {miss_ms:.2f} ms "
        f"({hit_ms / miss_ms:.2f} of it); at most {most:g} is allowed"
    )
    facts = {"hit_p50_ms": hit_ms, "miss_p50_ms": miss_ms, "lag_p50_ms": lag_ms}
    kept = hit_ms <= miss_ms * most
    if not kept and lag_ms > (1 - most) * hit_ms:
        text += f"; but {lag_ms:.2f} ms of each are the generator's own delay"
        return check(part, name, Verdict.UNDECIDED, text, facts)
    return check(part, name, passes(kept), text, facts)


@limit("stays-fresh")
def stays_fresh(part: RunPart, limits: Limits) -> Check:
    """Check that no read shows an old state for too long after a change was committed."""
    name, most_s = "stays-fresh", limits.staleness_max_s
    if most_s is None:
        return not_declared(part, name)
    changes = part.staleness
    if not changes:
        return undecided(part, name, "nothing was changed, or answers don't say their version")
    worst = max(changes, key=lambda one: one.stale_for_s)
    late = sum(one.stale_for_s > most_s for one in changes)
    seen = [one.fresh_after_s for one in changes if one.fresh_after_s is not None]
    facts = {"changes": len(changes), "stale_for_max_s": round(worst.stale_for_s, 4)}
    if late:
        text = (
            f"{late} of {len(changes)} changes were still not shown {most_s:g} s after their "
            f"commit; the longest was {worst.stale_for_s:.2f} s"
        )
        return check(part, name, Verdict.FAILED, text, facts)
    text = (
        f"no read showed the old state more than {worst.stale_for_s:.2f} s after the commit of "
        f"{len(changes)} changes; {most_s:g} s are allowed"
    )
    if len(seen) < READ_MIN * len(changes):
        text += f"; but only {len(seen)} of them were seen again at all"
        return check(part, name, Verdict.UNDECIDED, text, facts)
    return check(part, name, Verdict.PASSED, text, facts)
