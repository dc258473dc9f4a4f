"""A run as a few lines of text, for those who run a profile with plain Locust."""

from seatrial.loads.stats import Counts, Stats

_SHARES = {"p50 ms": 50, "p90 ms": 90, "p99 ms": 99, "max ms": 100}
_HEAD = f"{'phase/outcome':<28}{'answers':>9}" + "".join(f"{name:>10}" for name in _SHARES)


def summary(stats: Stats, counts: Counts) -> str:
    """Return latencies from when requests were due, by phase and outcome, and what was lost."""
    lines = ["", "Open loop: latency from the time when each request was due", _HEAD]
    for tag, held in sorted(stats.latency.items()):
        times = "".join(f"{held.percentile_ms(share):>10.2f}" for share in _SHARES.values())
        lines.append(f"{'/'.join(tag):<28}{held.count:>9}{times}")
    lag_ms = stats.lag.percentile_ms(99)
    lines.append(
        f"{counts.sent} sent ({counts.requests} HTTP requests), {counts.answered} answered, "
        f"{counts.dropped} dropped; 1 % left more than {lag_ms:.1f} ms late"
    )
    return "\n".join(lines) + "\n"
