"""Two runs' figures compared: differences that can be seen, and those that may be chance.

Each side has the figures of several repeats. An exact permutation test says how often a difference
at least as large would come about if the sides were the same; over all figures together at most one
in twenty of the differences that are reported is expected to be chance (Benjamini and Hochberg).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import comb
from statistics import fmean
from typing import Any

from seatrial.errors import UsageError
from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.figures import figures
from seatrial.loads.recovery import recoveries

CHANCE_MAX = 0.05
_EXACT_MAX = 20_000
"""With more ways to share the runs out, this many are drawn instead."""
_MORE_IS_BETTER = {
    "goodput": True,
    "hit_ratio": True,
    "amplification": False,
    "upstream_over_oracle": False,
    "recovery_s": False,
    "stale_for_max_s": False,
    "knee_per_s": True,
    "load_p50_ms": False,
    "load_p99_ms": False,
}
"""The figures that are compared, and which way is better. Each further one makes the others harder
to set apart from chance, so none says the same as another."""
_OF_PHASES = ("goodput", "amplification")
"""Those that are compared by phase too."""


class Difference(StrEnum):
    """The second side compared with the first."""

    BETTER = "better"
    WORSE = "worse"
    NONE = "no difference can be seen"


@dataclass(frozen=True)
class FigureComparison:
    """One figure of both sides."""

    figure: str
    first: tuple[float, ...]
    second: tuple[float, ...]
    chance: float
    """The probability of such a difference by chance, corrected for all figures compared."""
    difference: Difference

    @property
    def sentence(self) -> str:
        """Both means and the difference."""
        text = f"{self.figure}: {fmean(self.first):.4g} and {fmean(self.second):.4g}"
        if self.difference is Difference.NONE:
            return f"{text}; {Difference.NONE} (p = {self.chance:.2f})"
        return f"{text}; the second is {self.difference} (p = {self.chance:.3f})"


def sample(evidence: LoadEvidence) -> dict[str, float]:
    """Return a run's figures for a comparison.

    Where a run ended before all was well again, the time until then stands for the recovery: the
    truth is longer still.
    """
    found = {name: value for name, value in figures(evidence).items() if _better(name) is not None}
    for one in recoveries(evidence, evidence.deadline_s):
        took_s = one.after_s if one.took_s is None else one.took_s
        found["recovery_s"] = max(round(took_s, 4), found.get("recovery_s", 0.0))
    return found


def collected(samples: Sequence[Mapping[str, float]]) -> dict[str, tuple[float, ...]]:
    """Return each figure's values over the repeats; one that a repeat lacks is left out."""
    names = [name for name in samples[0] if all(name in one for one in samples)] if samples else []
    return {name: tuple(one[name] for one in samples) for name in names}


def compare(
    first: Mapping[str, Sequence[float]], second: Mapping[str, Sequence[float]]
) -> tuple[FigureComparison, ...]:
    """Compare each figure that both sides have.

    Raises:
        UsageError: they have none in common, or the extra that brings the test isn't installed.
    """
    names = [name for name in first if name in second and _better(name) is not None]
    if not names:
        raise UsageError("the two runs have no figure in common that could be compared")
    stats = _stats()
    raw = [_chance(stats, first[name], second[name]) for name in names]
    chances = [float(one) for one in stats.false_discovery_control(raw)]
    return tuple(
        FigureComparison(
            name,
            tuple(first[name]),
            tuple(second[name]),
            chance,
            _difference(name, first[name], second[name], chance),
        )
        for name, chance in zip(names, chances, strict=True)
    )


def least_chance(first: int, second: int) -> float:
    """Return the smallest chance that this many runs on each side can ever show."""
    return min(1.0, 2 / comb(first + second, first)) if first and second else 1.0


def _better(figure: str) -> bool | None:
    """Return whether more of it is better; None where it isn't compared."""
    phase, _, name = figure.rpartition(".")
    return None if phase and name not in _OF_PHASES else _MORE_IS_BETTER.get(name)


def _chance(stats: Any, first: Sequence[float], second: Sequence[float]) -> float:
    if len(set(first) | set(second)) == 1 or min(len(first), len(second)) < 2:
        return 1.0  # the same on both sides, or too few to compare

    def difference(one: Sequence[float], other: Sequence[float]) -> float:
        return fmean(one) - fmean(other)

    found = stats.permutation_test(
        (first, second), difference, vectorized=False, n_resamples=_EXACT_MAX, random_state=1
    )
    return float(found.pvalue)


def _difference(
    figure: str, first: Sequence[float], second: Sequence[float], chance: float
) -> Difference:
    if chance > CHANCE_MAX or fmean(first) == fmean(second):
        return Difference.NONE
    more = fmean(second) > fmean(first)
    return Difference.BETTER if more == _better(figure) else Difference.WORSE


def _stats() -> Any:
    try:
        from scipy import stats
    except ImportError as error:
        raise UsageError(
            "comparing needs SciPy, which isn't installed: pip install 'seatrial[load]'"
        ) from error
    return stats
