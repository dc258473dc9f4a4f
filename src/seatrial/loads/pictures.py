"""A run as figures and as curves."""

from seatrial.loads.evidence import HIT, MISS, STALE, LoadEvidence
from seatrial.loads.record import LoadRun
from seatrial.loads.validity import arrivals_per_s
from seatrial.results import Curve, Plot

_PERCENTILES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 85, 90, 92.5, 95, 97.5, 99, 99.5, 99.9, 99.99)
_WINDOW_S = 0.5


def figures(evidence: LoadEvidence) -> dict[str, float]:
    """Names → numbers for the result; what isn't known is left out."""
    run = evidence.run
    sent = evidence.sent
    found = {
        "arrivals_per_s": arrivals_per_s(run),
        "lag_p99_ms": run.tally.lag.percentile_ms(99),
        "cpu_us_per_request": run.cpu_s * 1e6 / sent if sent else 0.0,
        "error_ratio": evidence.errors / sent if sent else 0.0,
        "load_requests": float(sent),
    }
    if evidence.good:
        found["hit_ratio"] = evidence.hits / evidence.good
    for name in (HIT, MISS):
        held = run.tally.latency_of(name)
        if held.count:
            found[f"load_p50_{name}_ms"] = held.percentile_ms(50)
            found[f"load_p99_{name}_ms"] = held.percentile_ms(99)
    if evidence.cold is not None and evidence.cold.upstream:
        found["oracle_calls"] = float(evidence.cold.upstream)
        if evidence.upstream_calls is not None:
            found["upstream_calls"] = float(evidence.upstream_calls)
            found["upstream_over_oracle"] = evidence.upstream_calls / evidence.cold.upstream
    return {name: round(value, 4) for name, value in found.items()}


def plots(run: LoadRun) -> tuple[Plot, ...]:
    """Latency by percentile, and the hit ratio over time."""
    return (latency_by_percentile(run), hit_ratio_over_time(run))


def latency_by_percentile(run: LoadRun) -> Plot:
    """How slow the slowest one in n is, for hits and misses apart."""
    named = (("hits", HIT), ("misses", MISS), ("stale", STALE))
    return Plot(
        title="Latency of hits and misses, from the intended time of sending",
        x_title="one request in … is slower",
        y_title="latency, ms",
        x_log=True,
        y_log=True,
        curves=tuple(
            Curve(name=name, points=points) for name, kind in named if (points := _tail(run, kind))
        ),
    )


def hit_ratio_over_time(run: LoadRun) -> Plot:
    """The share of good answers from the cache, by windows of half a second."""
    windows: dict[int, list[bool]] = {}
    for one in run.tally.arrivals:
        if one.ok:
            number = int((one.sent_s - run.started_s) // _WINDOW_S)
            windows.setdefault(number, []).append(one.outcome in {HIT, STALE})
    points = tuple(
        ((number + 1) * _WINDOW_S, sum(hits) / len(hits))
        for number, hits in sorted(windows.items())
    )
    return Plot(
        title="Answers from the cache",
        x_title="time, s",
        y_title="hit ratio",
        curves=(Curve(name="hit ratio", points=points),),
    )


def _tail(run: LoadRun, outcome: str) -> tuple[tuple[float, float], ...]:
    held = run.tally.latency_of(outcome)
    # A percentile that fewer than one request lies beyond says only what the largest one is.
    shown = (share for share in _PERCENTILES if held.count * (100 - share) >= 100)
    return tuple((100 / (100 - share), held.percentile_ms(share)) for share in shown)
