"""Which law waits follow: none, or one of the jitters that retry libraries draw from.

The tests are scipy's: Kolmogorov-Smirnov against a uniform law whose ends are estimated from the
sample, Spearman's rank correlation for waits that depend on the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Law = Literal["none", "full", "equal", "additive", "decorrelated", "noisy", "unknown"]
"""Noisy: the machine hides it; unknown: it is none of the others."""
NOISE_S = 0.015
"""Waits that differ by less can't be told from equal ones."""
ENOUGH = 20
"""Waits that a distribution is told from; fewer say only whether there is one."""
TOO_FEW = "too few for a distribution"
_REJECTED = 0.02
_SURELY = 1e-4
"""A law that is less likely than this is not the one."""
_ALPHA = 0.01
_RESAMPLES = 400
_UPPER = (0.8, 0.97)
"""Ranks of the waits that the upper end is read from."""
_FEW = 6
_MOST = 0.8
_MANY, _HALF = 12, 0.5
"""No jitter draws half of many waits from so near to the shortest."""
_SHORT_S = 0.004
_NOISY, _NOISY_SUM = 0.3, 0.15
"""Of the waits' width: more noise than this, and no law is named, or none that adds something."""
_WIDE = 1.3
"""High over low: a growth within wider bounds isn't said."""
_NARROW = 1.1
_OFF = 0.04
_USUAL = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 10.0)
"""Factors that people write."""
_ALIKE_S, _ALIKE = 0.004, 0.03
"""Waits that differ by less are equal; a jitter of a tenth is none the less one."""
_TELLING_S = 0.04
"""A jitter of a tenth of a shorter wait can't be told from noise."""
_STEADY = 1.15
"""Ratios of waits that lie further apart are those of no factor."""
_EARLY = 0.03
"""Of the longest wait: how much too early its lower end may be read."""
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
    end_low_s: float = 0.0
    end_high_s: float = 0.0
    """The longest wait lies between these, with 99 % confidence."""


@dataclass(frozen=True)
class Growth:
    """How waits grow from one attempt to the next; None: the samples don't say it. Seconds."""

    why: str
    base_s: float
    base_low_s: float
    base_high_s: float
    count: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    cap_s: float | None = None
    cap_low_s: float | None = None
    cap_high_s: float | None = None
    grew: int = 0
    """Waits that no cap made shorter: it takes three to tell a factor from a sum."""


def fit(waits_s: Sequence[float], noise_s: float = 0.0) -> Fit:
    """Find the law of the waits before the same further attempt of many calls.

    Args:
        waits_s: at least one.
        noise_s: each wait may be this much longer than what was drawn.
    """
    waits = sorted(waits_s)
    low_s, high_s, count = waits[0], waits[-1], len(waits)
    late_s = waits[min(count - 1, int(_MOST * count))]
    if late_s <= NOISE_S:
        why = f"{count} waits of up to {late_s:.3f} s: the next attempt comes at once"
        return Fit("none", low_s, low_s, count, why, 0.0, high_s)
    if high_s <= 2 * NOISE_S:
        why = f"waits of up to {high_s:.3f} s are too short to tell a law from the noise"
        return Fit("unknown", low_s, high_s, count, why)
    # A late answer or a busy machine makes some waits longer, never shorter.
    alike_s = max(_ALIKE_S, _ALIKE * low_s)
    near = [one for one in waits if one - low_s <= alike_s]
    if low_s < _TELLING_S and len(near) >= _HALF * count:
        why = f"waits of {low_s:.3f} s and more are too short to tell a small jitter from the noise"
        return Fit("noisy", low_s, low_s, count, why, low_s * 0.98 - 0.003, high_s)
    if len(near) == count:
        return _equal(waits, f"all of {count} waits within {max(_ALIKE_S, high_s - low_s):.3f} s")
    even = count < _MANY or _uniform(waits, low_s, high_s) > _SURELY
    enough = _MOST if even else _HALF
    if count >= _FEW and len(near) >= enough * count:
        return _equal(near, f"{len(near)} of {count} waits agree, the others came late")
    if count < ENOUGH:
        return Fit("unknown", low_s, high_s, count, f"{count} waits are {TOO_FEW}")
    first_s, last_s, *ends = _uniform_ends(waits)
    if noise_s > _NOISY * (high_s - low_s):
        why = f"calls took up to {noise_s:.3f} s longer than others: too much noise for a law"
        end_s = last_s - noise_s / 2
        return Fit("noisy", low_s, end_s, count, why, ends[0] - noise_s, ends[1])
    # Without an excuse: what is uniform only but for noise may be noise alone.
    p_value = _uniform(waits, first_s, last_s)
    tested = f"Kolmogorov-Smirnov against uniform, p {p_value:.2f}, {count} waits"
    if p_value < _REJECTED:
        return Fit("unknown", low_s, high_s, count, f"not uniform: {tested}")
    # Half of the noise is before a request arrives, which makes its wait longer.
    last_s, end_low_s, end_high_s = last_s - noise_s / 2, ends[0] - noise_s / 4, ends[1]
    match _beginning(low_s, last_s, count, noise_s):
        case "full":
            return Fit("full", 0.0, last_s, count, tested, end_low_s, end_high_s)
        case "equal":
            return Fit("equal", last_s / 2, last_s, count, tested, end_low_s, end_high_s)
        case "additive" if noise_s > _NOISY_SUM * (high_s - low_s):
            why = f"calls took up to {noise_s:.3f} s longer than others: it may be what is added"
            return Fit("noisy", low_s, last_s, count, why, end_low_s, end_high_s)
        case "additive":
            return Fit("additive", first_s, last_s, count, tested, end_low_s, end_high_s)
    why = f"{tested}; the shortest is {low_s:.3f} s, which more than one law explains"
    return Fit("unknown", low_s, high_s, count, why)


def _beginning(low_s: float, last_s: float, count: int, noise_s: float) -> Law:
    """Say where a uniform law begins: by how likely its shortest wait is, were it this or that."""
    share = max(0.0, low_s - noise_s / 2) / last_s
    lag = noise_s / last_s
    full = (1 - min(share, 1.0)) ** count
    equal = min(1.0, max(0.0, 2 - 2 * share)) ** count if share > 0.5 - _EARLY - lag else 0.0
    if share <= _NEAR and full >= _REJECTED / 2 and equal < _SURELY:
        return "full"
    if share <= 0.5 + _NEAR / 2 and equal >= _REJECTED / 2 and full < _SURELY:
        return "equal"
    surely_more = low_s - noise_s > _NEAR * last_s
    return "additive" if surely_more and max(full, equal) < _SURELY else "unknown"


def _equal(waits: Sequence[float], why: str) -> Fit:
    """Waits without jitter: the shortest is the nearest to the law, noise only adds."""
    low_s, middle_s = waits[0], waits[len(waits) // 2]
    return Fit("none", low_s, low_s, len(waits), why, low_s * 0.98 - 0.003, middle_s)


def growth_of(fits: Sequence[Fit], overhead_s: float = 0.0) -> Growth:
    """Find a geometric growth, and where it stops.

    Args:
        fits: of the waits before the second attempt, the third, and so on.
        overhead_s: each wait may be longer than the law by this, and all by as much.
    """
    first = fits[0]
    least_s = max(first.end_low_s - overhead_s, 1e-6)
    base = (first.longest_s, first.end_low_s, first.end_high_s)
    if len(fits) < 2 or first.longest_s < _SHORT_S:
        return Growth("it takes two measurable waits to see growth", *base, first.count)
    low = fits[1].end_low_s / first.end_high_s
    high = max(fits[1].end_high_s - overhead_s, 1e-6) / least_s
    if high < 0.95:  # noise aside, no growth is below 1
        return Growth("the waits get shorter", *base, first.count)
    for place in range(2, len(fits)):
        found = fits[place]
        # Waits that grow by a sum grow by ever less; a cap stops them.
        before = (fits[place - 1].end_low_s - overhead_s) / fits[place - 2].end_high_s
        ratio = found.longest_s / fits[place - 1].longest_s
        least = found.end_high_s / max(fits[place - 1].end_low_s - overhead_s, 1e-6)
        if 1 + (before - 1) / 4 < ratio and least < before and not _is_capped(fits, place):
            return Growth("the waits don't grow by one factor", *base, first.count)
        reach = (first.end_low_s * low**place, first.end_high_s * high**place)
        if found.end_high_s < reach[0]:
            return _capped(fits, place, low, high, base)
        if found.end_low_s > reach[1]:
            return Growth("the waits don't grow by one factor", *base, first.count)
        low = max(low, (found.end_low_s / first.end_high_s) ** (1 / place))
        high = min(high, (max(found.end_high_s - overhead_s, 1e-6) / least_s) ** (1 / place))
    return _grown(fits, low, high, base)


def _is_capped(fits: Sequence[Fit], place: int) -> bool:
    """Return whether all waits from this one on are as long."""
    lasts = [one.longest_s for one in fits[place:]]
    return len(lasts) > 1 and max(lasts) <= min(lasts) * (_STEADY - 0.05)


def _grown(
    fits: Sequence[Fit], low: float, high: float, base: tuple[float, float, float]
) -> Growth:
    why = "ratios of the waits before one attempt and the next"
    value = _near(low, high, (fits[-1].longest_s / fits[0].longest_s) ** (1 / (len(fits) - 1)))
    count = fits[0].count
    if value is None:
        return Growth(f"{why}; a cap may make the last ones shorter", *base, count, None, low, None)
    # All waits say what the first one is, once their growth is known.
    scaled = [
        (one.end_low_s / value**place, one.end_high_s / value**place, one.longest_s / value**place)
        for place, one in enumerate(fits)
    ]
    low_s, high_s = max(one[0] for one in scaled), min(one[1] for one in scaled)
    longest_s = base[0] if fits[0].law == "none" else max(one[2] for one in scaled)
    if low_s > high_s:
        return Growth(why, *base, count, value, low, high, grew=len(fits))
    longest_s = min(max(longest_s, low_s), high_s)
    total = count * len(fits)
    return Growth(why, longest_s, low_s, high_s, total, value, low, high, grew=len(fits))


def _capped(
    fits: Sequence[Fit], place: int, low: float, high: float, base: tuple[float, float, float]
) -> Growth:
    """Tell a cap from waits that grow by a sum."""
    capped = fits[place:]
    count = fits[0].count
    lows, highs = [one.end_low_s for one in capped], [one.end_high_s for one in capped]
    if max(lows) > min(highs):
        return Growth("the waits don't grow by one factor", *base, count)
    steady = fits[1].longest_s + (fits[1].longest_s - fits[0].longest_s)
    if len(capped) == 1 and lows[0] <= steady * 1.05 and highs[0] >= steady * 0.95:
        return Growth("a cap and waits that grow by a sum explain it both", *base, count)
    value = _near(low, high, fits[1].longest_s / fits[0].longest_s)
    cap_s = max(one.longest_s for one in capped)
    return Growth(
        "ratios of the waits before one attempt and the next",
        *base,
        count,
        value,
        low,
        high if value is not None else None,
        min(max(cap_s, max(lows)), min(highs)),
        max(lows),
        min(highs),
        grew=place - (fits[place - 1].end_high_s >= max(lows)),
    )


def _near(low: float, high: float, ratio: float) -> float | None:
    """Return the usual factor that lies between two close bounds, and near the ratio itself."""
    if high / low > _WIDE or not low * 0.98 <= ratio <= high * 1.02:
        return None
    usual = [one for one in _USUAL if low * 0.99 <= one <= high * 1.01]
    if len(usual) == 1 and abs(usual[0] / ratio - 1) <= _OFF:
        return usual[0]
    return round(max(ratio, 1.0), 2) if high / low <= _NARROW else None


def depends_on_last(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the p-value that second waits don't grow with the first ones of the same calls."""
    from scipy.stats import spearmanr

    found = spearmanr([first for first, _ in pairs], [second for _, second in pairs])
    return float(found.pvalue) if found.statistic > 0 else 1.0


def is_uniform(shares: Sequence[float]) -> float:
    """Return the p-value that these are uniform between 0 and 1."""
    from scipy.stats import kstest

    return float(kstest(shares, "uniform").pvalue)


def _uniform_ends(waits: Sequence[float]) -> tuple[float, float, float, float]:
    """Return the ends of a uniform law, and the 99 % interval of the upper one by bootstrap.

    The upper end is read from long waits, and not from the longest: a few that came late change
    little. Noise never makes a wait shorter.
    """
    import numpy as np

    count = len(waits)
    ranks = np.arange(1, count + 1) / (count + 1)
    kept = (ranks >= _UPPER[0]) & (ranks <= _UPPER[1])
    drawn = np.random.default_rng(0).choice(np.asarray(waits), size=(_RESAMPLES, count))
    samples = np.vstack([np.asarray(waits), drawn])
    samples.sort(axis=1)
    starts = samples[:, 0] - (samples[:, -1] - samples[:, 0]) / (count - 1)
    starts = np.maximum(starts[0], 0.0)
    ends = starts + ((samples[:, kept] - starts) / ranks[kept]).mean(axis=1)
    low_s, high_s = np.quantile(ends[1:], [_ALPHA / 2, 1 - _ALPHA / 2])
    return float(starts), float(ends[0]), float(low_s), float(high_s)


def _uniform(waits_s: Sequence[float], low_s: float, high_s: float) -> float:
    """Return the p-value of a uniform law."""
    from scipy.stats import kstest

    return float(kstest(waits_s, "uniform", args=(low_s, high_s - low_s)).pvalue)
