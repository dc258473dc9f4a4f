"""A run as figures: names with their units → numbers; those of a phase begin with its name."""

from collections.abc import Iterator
from itertools import pairwise

from seatrial.loads.evidence import HIT, MISS, LoadEvidence, RunPart
from seatrial.loads.histograms import Durations
from seatrial.loads.recovery import recoveries
from seatrial.loads.validity import arrivals_per_s

KNEE_GOODPUT = 0.99
"""A rate is sustained when this share of its arrivals is answered well, in time."""
_KNEE_PHASES = 3


def figures(evidence: LoadEvidence) -> dict[str, float]:
    """Return what is known of a run; what isn't is left out."""
    run, whole = evidence.run, evidence.whole
    found = {
        "arrivals_per_s": arrivals_per_s(run),
        "lag_p99_ms": run.stats.lag.percentile_ms(99),
        "own_delay_p99_ms": run.stats.own_delay.percentile_ms(99),
        "cpu_us_per_request": run.cpu_s * 1e6 / whole.sent if whole.sent else 0.0,
        "load_requests": float(whole.sent),
        "load_http_requests": float(run.counts.requests),
        **dict(_of_part(whole)),
        **dict(_of_changes(evidence)),
    }
    if run.counts.pressure_s:
        found["cpu_pressure_ratio"] = run.counts.pressure_s / run.workers / run.sending_s
    if run.target_wait_ratio is not None:
        found["target_wait_ratio"] = run.target_wait_ratio
    for one in recoveries(evidence, evidence.deadline_s):
        if one.took_s is not None:
            found["recovery_s"] = max(one.took_s, found.get("recovery_s", 0.0))
    knee_per_s = knee(evidence)
    if knee_per_s is not None:
        found["knee_per_s"] = knee_per_s
    if len(evidence.parts) > 1:
        for part in evidence.parts:
            found |= {f"{part.name}.{name}": value for name, value in _of_part(part)}
    return {name: round(value, 4) for name, value in found.items()}


def _of_part(part: RunPart) -> Iterator[tuple[str, float]]:
    if not part.sent:
        return
    yield "error_ratio", part.errors / part.sent
    yield "goodput", part.in_time(part.evidence.deadline_s) / part.sent
    if part.good:
        yield "hit_ratio", part.hits / part.good
    yield from _latencies(part)
    if part.upstream_calls is not None and part.reads:
        yield "upstream_calls", float(part.upstream_calls)
        yield "amplification", part.upstream_calls / len(part.reads)
    if part.cold is not None and part.cold.upstream:
        yield "oracle_calls", float(part.cold.upstream)
        if part.upstream_calls is not None:
            yield "upstream_over_oracle", part.upstream_calls / part.cold.upstream


def _latencies(part: RunPart) -> Iterator[tuple[str, float]]:
    held = {"": part.latency_of(), "hit_": part.latency_of(HIT), "miss_": part.latency_of(MISS)}
    for name, durations in held.items():
        if durations.count:
            yield f"load_p50_{name}ms", durations.percentile_ms(50)
            yield f"load_p99_{name}ms", durations.percentile_ms(99)


def _of_changes(evidence: LoadEvidence) -> Iterator[tuple[str, float]]:
    changes = evidence.staleness
    if not changes:
        return
    yield "changes", float(len(changes))
    yield "stale_for_max_s", max(one.stale_for_s for one in changes)
    seen = Durations()
    for one in changes:
        if one.fresh_after_s is not None:
            seen.record_s(one.fresh_after_s)
    if seen.count:
        yield "fresh_after_p50_s", seen.percentile_ms(50) / 1000
        yield "fresh_after_p99_s", seen.percentile_ms(99) / 1000


def knee(evidence: LoadEvidence) -> float | None:
    """Return the highest rate of a ramp that is sustained, with all below it; 0 when none is.

    None where the plan isn't a ramp: three phases at least, each faster than the one before.
    """
    phases = evidence.run.plan.phases
    rates = [phase.rate_per_s for phase in phases]
    if len(rates) < _KNEE_PHASES or any(b <= a for a, b in pairwise(rates)):
        return None
    sustained_per_s = 0.0
    for phase in phases:
        part = evidence.part(phase.name)
        if part.in_time(evidence.deadline_s) < KNEE_GOODPUT * max(1, part.sent):
            break
        sustained_per_s = phase.rate_per_s
    return sustained_per_s
