"""Which law waits follow: none, or one of the jitters that retry libraries draw from.

The tests are scipy's: Kolmogorov-Smirnov against a uniform law whose ends are estimated from the
sample, Spearman's rank correlation for waits that depend on the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Law = Literal["none", "full", "equal", "additive", "decorrelated", "unknown"]
NOISE_S = 0.015
"""Waits that differ by less can't be told from equal ones."""
ENOUGH = 20
"""Waits that a distribution is told from; fewer say only whether there is one."""
_REJECTED = 0.01
_NEAR = 0.12
"""Of the longest wait: how near the sample's ends must be to those of a law."""


@dataclass(frozen=True)
class Fit:
    """Waits before one further attempt. Times are seconds."""

    law: Law
    shortest_s: float
    longest_s: float
    """The ends of the law: equal where there is no jitter."""
    count: int
    why: str


def fit(waits_s: Sequence[float]) -> Fit:
    """Find the law of the waits before the same further attempt of many calls."""
    low_s, high_s, count = min(waits_s), max(waits_s), len(waits_s)
    if high_s - low_s <= max(NOISE_S, 0.06 * low_s):
        # Noise only makes waits longer.
        return Fit(
            "none", low_s, low_s, count, f"all of {count} waits within {NOISE_S * 1000:.0f} ms"
        )
    if count < ENOUGH:
        return Fit("unknown", low_s, high_s, count, f"{count} waits are too few for a distribution")
    reach_s = (high_s - low_s) / (count - 1)
    low_s, high_s = max(0.0, low_s - reach_s), high_s + reach_s
    p_value = _uniform(waits_s, low_s, high_s)
    tested = f"Kolmogorov-Smirnov against uniform, p {p_value:.2f}, {count} waits"
    if p_value < _REJECTED:
        outlier_free = sorted(waits_s)[: int(0.9 * count)]
        if max(outlier_free) - min(outlier_free) <= max(NOISE_S, 0.06 * min(outlier_free)):
            shortest_s = min(waits_s)
            return Fit("none", shortest_s, shortest_s, count, f"nine of ten of {count} waits agree")
        return Fit("unknown", low_s, high_s, count, f"not uniform: {tested}")
    share = low_s / high_s
    if share <= _NEAR:
        return Fit("full", 0.0, high_s, count, tested)
    if abs(share - 0.5) <= _NEAR / 2:
        return Fit("equal", high_s / 2, high_s, count, tested)
    return Fit("additive", low_s, high_s, count, tested)


def depends_on_last(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the p-value that second waits don't grow with the first ones of the same calls."""
    from scipy.stats import spearmanr

    found = spearmanr([first for first, _ in pairs], [second for _, second in pairs])
    return float(found.pvalue) if found.statistic > 0 else 1.0


def _uniform(waits_s: Sequence[float], low_s: float, high_s: float) -> float:
    from scipy.stats import kstest

    return float(kstest(waits_s, "uniform", args=(low_s, high_s - low_s)).pvalue)
