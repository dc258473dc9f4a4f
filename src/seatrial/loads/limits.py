"""What a run must keep: each limit is a pure function from evidence to a check."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from seatrial.loads.evidence import HIT, MISS, LoadEvidence
from seatrial.results import Check, Facts, Verdict


@dataclass(frozen=True)
class Limits:
    """Counts and ratios, which a shared machine doesn't change, before milliseconds."""

    hit_ratio_of_oracle_min: float = 0.95
    """The hit ratio, as a share of the one that a right cache reaches on the same requests."""
    hit_ratio_min: float | None = None
    """Declared outright instead, 0 to 1."""
    error_ratio_max: float = 0.01
    upstream_over_oracle_max: float = 1.05
    upstream_under_oracle_min: float = 0.95
    """Upstream calls, as a share of the fewest that a cache with this TTL can make."""
    hit_p50_of_miss_p50_max: float = 0.8
    answers_min: int = 200
    """With fewer answers a run proves nothing."""
    each_min: int = 30
    """With fewer hits, or misses, their medians aren't compared."""
    hit_p99_max_ms: float | None = None
    """Only on request, and only on a machine of one's own."""

    @property
    def lag_p99_max_ms(self) -> float:
        """How late the generator may send before nothing that it measured counts.

        20 % of a declared limit in milliseconds, at most 10 ms. Without one, only counts and
        ratios are judged. The oracle replays the times at which requests really left, so lag does
        not falsify it: measured beside three times as much other work as a machine had cores, with
        a lag of up to 400 ms, it was still right within 0.6 %. Hence 500 ms.
        """
        if self.hit_p99_max_ms is None:
            return 500.0
        return min(10.0, 0.2 * self.hit_p99_max_ms)


Limit: TypeAlias = Callable[[LoadEvidence, Limits], Check]


def hit_ratio(evidence: LoadEvidence, limits: Limits) -> Check:
    """The cache answers about as often as a right one would have."""
    name = "load.hit-ratio"
    if limits.hit_ratio_min is not None:
        least, why = limits.hit_ratio_min, "which is declared"
    elif evidence.cold is not None:
        right = evidence.cold.hits / max(1, evidence.sent)
        least = right * limits.hit_ratio_of_oracle_min
        why = f"{limits.hit_ratio_of_oracle_min:.0%} of what a right cache gives here ({right:.1%})"
    else:
        return _undeclared(evidence, name)
    if not evidence.good:
        return _check(evidence, name, Verdict.UNDECIDED, "no request was answered well")
    ratio = evidence.hits / evidence.good
    text = f"{ratio:.1%} of {evidence.good} good answers came from the cache"
    text += f"; the least is {least:.1%}, {why}"
    facts = {"hits": evidence.hits, "good": evidence.good, "hit_ratio": ratio, "least": least}
    return _check(evidence, name, _passes(ratio >= least), text, facts)


def errors(evidence: LoadEvidence, limits: Limits) -> Check:
    """Few requests fail."""
    sent = evidence.sent
    if not sent:
        return _check(evidence, "load.errors", Verdict.UNDECIDED, "nothing was sent")
    kinds = Counter(one.outcome for one in evidence.run.tally.arrivals if not one.ok)
    ratio = evidence.errors / sent
    named = ", ".join(f"{count} {name}" for name, count in sorted(kinds.items()))
    text = f"{evidence.errors} of {sent} requests failed" + (f" ({named})" if named else "")
    text += f"; at most {limits.error_ratio_max:.1%} may"
    passes = ratio <= limits.error_ratio_max
    return _check(evidence, "load.errors", _passes(passes), text, {"error_ratio": ratio, **kinds})


def upstream_over_oracle(evidence: LoadEvidence, limits: Limits) -> Check:
    """The origin isn't asked more than a right cache asks it."""
    name = "load.upstream-over-oracle"
    if evidence.cold is None:
        return _undeclared(evidence, name)
    if evidence.upstream_calls is None:
        return _unseen(evidence, name)
    seen, right = evidence.upstream_calls, evidence.cold.upstream
    if not right:
        return _check(evidence, name, Verdict.UNDECIDED, "nothing was sent")
    text = (
        f"the origin was asked {seen} times for {evidence.sent} requests, {seen / right:.3f} of "
        f"the {right} that a cache with a TTL of {evidence.ttl_s:g} s and single flight makes; "
        f"at most {limits.upstream_over_oracle_max:g} of it is allowed"
    )
    facts = {"upstream": seen, "oracle": right, "upstream_over_oracle": seen / right}
    passes = seen <= right * limits.upstream_over_oracle_max
    return _check(evidence, name, _passes(passes), text, facts)


def entries_expire(evidence: LoadEvidence, limits: Limits) -> Check:
    """The origin is asked again after the TTL: entries aren't kept for longer."""
    name = "load.entries-expire"
    if evidence.fewest is None:
        return _undeclared(evidence, name)
    if evidence.upstream_calls is None:
        return _unseen(evidence, name)
    seen, fewest = evidence.upstream_calls, evidence.fewest.upstream
    least = fewest * limits.upstream_under_oracle_min
    if evidence.never_expiring >= least:
        text = f"the run was too short to see entries expire ({evidence.ttl_s:g} s)"
        return _check(evidence, name, Verdict.UNDECIDED, text)
    text = (
        f"the origin was asked {seen} times; the fewest that a cache with a TTL of "
        f"{evidence.ttl_s:g} s can ask it is {fewest} times, and "
        f"{limits.upstream_under_oracle_min:g} of that is the least"
    )
    facts = {"upstream": seen, "fewest": fewest}
    passes = seen >= least
    return _check(evidence, name, _passes(passes), text, facts)


def hits_beat_misses(evidence: LoadEvidence, limits: Limits) -> Check:
    """A hit is faster than a miss: the median, since percentiles near the end are all misses."""
    name = "load.hits-beat-misses"
    hits, misses = (evidence.run.tally.latency_of(one) for one in (HIT, MISS))
    if min(hits.count, misses.count) < limits.each_min:
        text = f"there were {hits.count} hits and {misses.count} misses; {limits.each_min} of each "
        return _check(evidence, name, Verdict.UNDECIDED, text + "are needed to compare medians")
    hit_ms, miss_ms = hits.percentile_ms(50), misses.percentile_ms(50)
    lag_ms = evidence.run.tally.lag.percentile_ms(50)
    text = (
        f"the median hit took {hit_ms:.2f} ms and the median miss {miss_ms:.2f} ms "
        f"({hit_ms / miss_ms:.2f} of it); at most {limits.hit_p50_of_miss_p50_max:g} is allowed"
    )
    facts = {"hit_p50_ms": hit_ms, "miss_p50_ms": miss_ms, "lag_p50_ms": lag_ms}
    passes = hit_ms <= miss_ms * limits.hit_p50_of_miss_p50_max
    if not passes and lag_ms > (1 - limits.hit_p50_of_miss_p50_max) * hit_ms:
        text += f"; but {lag_ms:.2f} ms of each are the generator's own delay"
        return _check(evidence, name, Verdict.UNDECIDED, text, facts)
    return _check(evidence, name, _passes(passes), text, facts)


def hit_p99(evidence: LoadEvidence, limits: Limits) -> Check:
    """The slowest hits, in milliseconds, when somebody declared a limit."""
    name = "load.hit-p99"
    if limits.hit_p99_max_ms is None:
        text = "no limit in milliseconds is declared"
        return _check(evidence, name, Verdict.SKIPPED, text)
    hits = evidence.run.tally.latency_of(HIT)
    if hits.count < limits.each_min:
        return _check(evidence, name, Verdict.UNDECIDED, f"there were only {hits.count} hits")
    p99_ms = hits.percentile_ms(99)
    text = f"99 % of hits took at most {p99_ms:.2f} ms; the limit is {limits.hit_p99_max_ms:g} ms"
    passes = p99_ms <= limits.hit_p99_max_ms
    return _check(evidence, name, _passes(passes), text, {"hit_p99_ms": p99_ms})


LIMITS: tuple[Limit, ...] = (
    hit_ratio,
    errors,
    upstream_over_oracle,
    entries_expire,
    hits_beat_misses,
    hit_p99,
)


def judge_load(evidence: LoadEvidence, limits: Limits | None = None) -> tuple[Check, ...]:
    """Judge a valid run (see `validity`) by every limit."""
    return tuple(limit(evidence, limits or Limits()) for limit in LIMITS)


def _passes(passes: bool) -> Verdict:
    return Verdict.PASSED if passes else Verdict.FAILED


def _undeclared(evidence: LoadEvidence, name: str) -> Check:
    return _check(evidence, name, Verdict.SKIPPED, "the cache's time to live isn't declared")


def _unseen(evidence: LoadEvidence, name: str) -> Check:
    text = "nothing counted what reached the origin; put a tap in front of it"
    return _check(evidence, name, Verdict.UNDECIDED, text)


def _check(
    evidence: LoadEvidence,
    name: str,
    verdict: Verdict,
    text: str,
    facts: Mapping[str, float] | None = None,
) -> Check:
    return Check(
        id=name,
        subject=evidence.subject or evidence.run.profile,
        verdict=verdict,
        explanation=text,
        evidence=(Facts(values=dict(facts)),) if facts else (),
        repeat=evidence.repeat,
    )
