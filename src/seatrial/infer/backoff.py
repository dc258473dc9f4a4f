"""Base, growth, cap and jitter of a backoff, concluded from the laws that its waits follow."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from seatrial.infer.laws import ENOUGH, Fit, Growth, depends_on_last, growth_of, is_uniform
from seatrial.infer.likelihoods import Sample, uniform_over_others
from seatrial.infer.parameters import Inferred

MORE_CALLS = "more calls would tell"
NOTHING_S = 0.004
"""A wait that can't be told from none."""
_CONFIDENCE = 0.01
_DOUBT = 0.2
"""Waits that begin at a share of the longest may depend on the one before, unless it's unlikely."""
_REJECTED = 0.01
_THREE = (0.25, 0.42)
"""A decorrelated first wait begins at about a third of its longest."""
_CLOSE_S = 0.05
_LIKELIER = 3.0
"""Logarithm of a likelihood ratio: 20 to 1."""
_TELLING_GROWTH = 3


def backoff(
    fits: Sequence[Fit], sequences: Sequence[Sequence[float]], late_s: float, soonest_s: float
) -> dict[str, Inferred]:
    """Conclude base, growth, cap and jitter from the law before each attempt and each call's waits.

    `late_s` is by how much calls are later than their waits in the middle, `soonest_s` at least.
    """
    first = fits[0]
    total = sum(one.count for one in fits)
    named = ", ".join(f"{one.shortest_s:.3f}-{one.longest_s:.3f} s" for one in fits)
    longest_s = max(waits[0] for waits in sequences)
    jitter = _jitter(fits, sequences, named)
    if jitter.value == "decorrelated":
        return _decorrelated(fits, named, late_s) | {"retry.jitter": jitter}
    if not jitter.is_measured:
        found = _unsure(jitter.why, total, longest_s) | {"retry.jitter": jitter}
        if len(fits) == 1 and longest_s < 2 * NOTHING_S:
            found["retry.backoff_s"] = Inferred.undecided(
                "the only further attempt comes at once: there is no wait, or the first one is "
                f"left out, as libraries do; calls of more attempts would tell; {named}",
                observations=total,
            )
        return found
    if jitter.value == "additive":
        return _additive(fits, named, late_s) | {"retry.jitter": jitter}
    if jitter.value == "none":
        hidden = ("noisy", "unknown")
        fits = [_shortest(one, late_s) if one.law in hidden else one for one in fits]
        late_s = soonest_s  # what agrees was delayed no more than the soonest call
        first = fits[0]
    if any(one.law == "unknown" for one in fits):
        why = f"noise hides some of the waits; {named}"
        return _unsure(why, total, longest_s) | {"retry.jitter": jitter}
    if first.longest_s < NOTHING_S and len(fits) > 1:
        growth = growth_of(fits[1:], late_s)
        factor = _growth(growth, fits, named)
        return {
            "retry.backoff_s": _unseen_base(_base(fits[1], growth, named, late_s), factor),
            "retry.first_wait_s": _first(first, named),
            "retry.jitter": jitter,
            "retry.growth": factor,
            "retry.cap_s": _cap(growth, fits, named),
        }
    growth = growth_of(fits, late_s)
    return {
        "retry.backoff_s": _base(first, growth, named, late_s),
        "retry.jitter": jitter,
        "retry.growth": _growth(growth, fits, named),
        "retry.cap_s": _cap(growth, fits, named),
    }


def _unsure(why: str, total: int, longest_s: float) -> dict[str, Inferred]:
    """Say only how long the first wait may be at most.

    Noise makes waits longer, and a jitter shorter than the base; or it is added to it.
    """
    unsure = Inferred.undecided(why, observations=total)
    return {
        "retry.backoff_s": Inferred.bounded(why, observations=total, low=0.0, high=longest_s * 1.5),
        "retry.growth": unsure,
        "retry.cap_s": unsure,
    }


def _first(first: Fit, named: str) -> Inferred:
    """Say that the second attempt comes at once, and only later ones are waited for."""
    return Inferred.measured(
        0.0,
        f"the second attempt is sent at once, further ones aren't; waits by attempt: {named}",
        observations=first.count,
        low=0.0,
        high=max(NOTHING_S, first.end_high_s),
    )


def _unseen_base(second: Inferred, growth: Inferred) -> Inferred:
    """Return the wait that the second attempt would have, were it not sent at once."""
    if not isinstance(growth.value, float) or growth.high is None or growth.low is None:
        return Inferred.undecided(
            f"the second attempt is sent at once, and the growth of later waits isn't known: "
            f"{growth.why}",
            observations=second.observations,
        )
    found = replace(
        second,
        value=round(second.value / growth.value, 4) if isinstance(second.value, float) else None,
        low=None if second.low is None else second.low / growth.high,
        high=None if second.high is None else second.high / growth.low,
        why=f"the wait before the third attempt, over the growth: {second.why}",
    )
    return found if growth.is_measured else replace(found, certainty=growth.certainty)


def _shortest(noisy: Fit, late_s: float) -> Fit:
    """Return equal waits of which noise made some longer."""
    low_s = noisy.shortest_s
    return replace(
        noisy,
        law="none",
        longest_s=low_s,
        end_low_s=low_s * 0.98 - NOTHING_S,
        end_high_s=low_s + late_s / 2,
    )


def _base(first: Fit, growth: Growth, named: str, late_s: float) -> Inferred:
    if first.longest_s < NOTHING_S:
        return Inferred.bounded(
            f"the second attempt is sent at once; waits by attempt: {named}",
            observations=first.count,
            low=0.0,
            high=max(NOTHING_S, first.end_high_s),
        )
    # What a consumer does before and after its wait makes it longer on the wire.
    low_s, high_s, value_s = growth.base_low_s - late_s, growth.base_high_s, growth.base_s
    low_s = max(0.0, low_s)
    text = f"waits before the second attempt: {first.why}; waits by attempt: {named}"
    # What is said is right within a tenth or 50 ms: the truth may be at either end.
    if max(high_s - value_s, value_s - low_s) > max(0.1 * value_s, 0.05):
        return Inferred.bounded(text, observations=growth.count, low=low_s, high=high_s)
    return Inferred.measured(
        round(value_s, 4), text, observations=growth.count, low=low_s, high=high_s
    )


def _decorrelated(fits: Sequence[Fit], named: str, late_s: float) -> dict[str, Inferred]:
    first = fits[0]
    text = f"the shortest wait before the second attempt, which the law begins at; {named}"
    low_s = max(0.0, min(0.8 * first.shortest_s, first.shortest_s - late_s))
    high_s = first.shortest_s + 0.02 * first.longest_s
    base = Inferred.bounded(text, observations=first.count, low=low_s, high=high_s)
    if high_s - low_s <= _CLOSE_S:
        base = Inferred.measured(
            round(first.shortest_s, 4), text, observations=first.count, low=low_s, high=high_s
        )
    unsure = Inferred.undecided(f"waits that depend on the one before; {named}")
    return {
        "retry.backoff_s": base,
        "retry.growth": unsure,
        "retry.cap_s": Inferred.bounded(
            f"no longer wait was seen; {named}",
            observations=first.count,
            low=max(one.longest_s for one in fits) * 0.95,
        ),
    }


def _additive(fits: Sequence[Fit], named: str, late_s: float) -> dict[str, Inferred]:
    """Conclude where something is added to each wait: the base is the shortest."""
    lows = [
        replace(
            one,
            longest_s=one.shortest_s,
            end_low_s=one.shortest_s * 0.97,
            end_high_s=one.shortest_s + 0.05 * (one.longest_s - one.shortest_s),
        )
        for one in fits
    ]
    growth = growth_of(lows, late_s)
    found = {
        "retry.backoff_s": _base(lows[0], growth, named, late_s),
        "retry.growth": _growth(growth, lows, named),
        "retry.cap_s": _cap(growth, lows, named),
    }
    added = [(one.end_low_s - one.shortest_s, one.end_high_s - one.shortest_s) for one in fits]
    shares = [
        (low / one.shortest_s, high / one.shortest_s)
        for (low, high), one in zip(added, fits, strict=True)
    ]
    same_s, same_share = _common(added), _common(shares)
    total = sum(one.count for one in fits)
    if len(fits) > 1 and same_share and not same_s:
        found["retry.jitter_ratio"] = _width(
            same_share, _as_share(same_share, lows[0], named), total
        )
    elif len(fits) > 1 and same_s and not same_share:
        text = f"what is added to each wait at most; {named}"
        found["retry.jitter_s"] = _width(same_s, text, total)
    return found


def _common(intervals: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    low, high = max(one[0] for one in intervals), min(one[1] for one in intervals)
    return (low, high) if low <= high else None


def _as_share(interval: tuple[float, float], first: Fit, named: str) -> str:
    """Say a jitter in the two ways in which libraries have it: added, or to both sides."""
    ratio = sum(interval) / 2
    middle_s, side = first.shortest_s * (1 + ratio / 2), ratio / (2 + ratio)
    return (
        f"the share of each wait that is added at most: the first is {middle_s:.3f} s and up to "
        f"{side:.0%} more or less; {named}"
    )


def _width(interval: tuple[float, float], text: str, total: int) -> Inferred:
    low, high = interval
    if high > 1.25 * low:
        return Inferred.bounded(text, observations=total, low=low, high=high)
    return Inferred.measured(
        round((low + high) / 2, 3), text, observations=total, low=low, high=high
    )


def _jitter(fits: Sequence[Fit], sequences: Sequence[Sequence[float]], named: str) -> Inferred:
    total = sum(one.count for one in fits)
    if max(one.longest_s for one in fits) < 2 * NOTHING_S:
        return Inferred.undecided(
            f"attempts follow each other at once: no law shows; {named}", observations=total
        )
    pairs = [(waits[0], waits[1]) for waits in sequences if len(waits) > 1]
    if _is_decorrelated(fits, pairs):
        return Inferred.measured(
            "decorrelated",
            "each wait is uniform between the base and three times the one before (Spearman and "
            f"Kolmogorov-Smirnov, {len(pairs)} pairs); {named}",
            observations=total,
        )
    samples = dict(zip(fits, zip(*sequences, strict=True), strict=True))
    telling = [one for one in fits if one.longest_s >= 2 * NOTHING_S]
    longest = max(telling, key=_surely_longest_s)
    laws = {one.law for one in telling}
    doubt = _DOUBT if _may_be_thrice(longest) else _CONFIDENCE
    if len(pairs) >= ENOUGH and longest.law != "none" and depends_on_last(pairs) < doubt:
        return Inferred.undecided(
            f"a wait depends on the one before, or noise does on noise; {named}", observations=total
        )
    # A jitter shows best in the longest waits; noise hides it in short ones.
    hidden: set[str] = {"noisy", "unknown"} if longest.law == "none" else {"noisy"}
    if laws - hidden == {longest.law}:
        if longest.law in ("equal", "additive") and len(fits) == 1:
            return Inferred.undecided(
                "one wait can't show whether it depends on the one before, or what is added to it "
                f"does: calls of more attempts would; {longest.why}; {named}",
                observations=total,
            )
        if doubtful := _looks_alike([one for one in telling if one.law == longest.law], samples):
            return Inferred.undecided(f"{doubtful}; {named}", observations=total)
        if longest.law not in ("unknown", "noisy"):
            return Inferred.measured(longest.law, f"{longest.why}; {named}", observations=total)
    return Inferred.undecided(
        f"{'; '.join(sorted({one.why for one in fits}))}; waits by attempt: {named}",
        observations=total,
    )


def _looks_alike(fits: Sequence[Fit], waits_s: Mapping[Fit, Sequence[float]]) -> str | None:
    """Return which other law explains the waits of a uniform one; None where none does."""
    if fits[0].law not in ("full", "equal", "additive"):
        return None
    # The ends of a law are those of its uniform one: for "full" the shortest is 0.
    ratio, other = uniform_over_others([Sample(waits_s[one], one.shortest_s) for one in fits])
    if ratio >= _LIKELIER:
        return None
    return f"of {fits[0].count} calls, a {other} law explains the waits as well: {MORE_CALLS}"


def _may_be_thrice(found: Fit) -> bool:
    """Return whether waits may lie between a base and three times the one before."""
    return found.law == "additive" and found.shortest_s < _THREE[1] * found.longest_s


def _surely_longest_s(found: Fit) -> float:
    """Return the longest wait of a law, without what only noise may have made of it."""
    return found.shortest_s if found.law in ("noisy", "unknown") else found.longest_s


def _is_decorrelated(fits: Sequence[Fit], pairs: Sequence[tuple[float, float]]) -> bool:
    """Return whether second waits are uniform between the base and three times the first ones."""
    first = fits[0]
    if len(pairs) < ENOUGH or first.law != "additive":
        return False
    least, most = _THREE
    if not least <= first.shortest_s / first.longest_s <= most:
        return False
    shares = [
        (second - first.shortest_s) / (3 * one - first.shortest_s)
        for one, second in pairs
        if one > first.shortest_s / 2
    ]
    return is_uniform(shares) > _REJECTED and depends_on_last(pairs) < _CONFIDENCE


def _growth(growth: Growth, fits: Sequence[Fit], named: str) -> Inferred:
    total = sum(one.count for one in fits)
    if growth.value is not None and growth.value > 1 and growth.grew < _TELLING_GROWTH:
        capped = growth.grew < 2
        text = (
            "the second wait is as long as all after it: a larger factor and a cap explain it"
            if capped
            else "two waits grow by a factor or by a sum: a third would tell"
        )
        return Inferred.undecided(
            f"{text}: {named}",
            observations=total,
            value=growth.value,
            low=growth.low,
            high=None if capped else growth.high,
        )
    if growth.value is not None:
        return Inferred.measured(
            growth.value,
            f"{growth.why}: {named}",
            observations=total,
            low=growth.low,
            high=growth.high,
        )
    if growth.low is None:
        return Inferred.undecided(f"{growth.why}: {named}", observations=total)
    return Inferred.bounded(
        f"{growth.why}: {named}", observations=total, low=growth.low, high=growth.high
    )


def _cap(growth: Growth, fits: Sequence[Fit], named: str) -> Inferred:
    total = sum(one.count for one in fits)
    if growth.cap_s is not None:
        return Inferred.measured(
            round(growth.cap_s, 4),
            f"waits stop growing: {named}",
            observations=fits[-1].count,
            low=growth.cap_low_s,
            high=growth.cap_high_s,
        )
    if growth.low is None:
        return Inferred.undecided(f"{growth.why}: {named}", observations=total)
    return Inferred.bounded(
        f"no wait was seen to be capped: {named}",
        observations=total,
        low=max(one.longest_s for one in fits) * 0.95,
    )
