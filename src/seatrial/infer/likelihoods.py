"""Whether waits tell a uniform law from laws that look like it in a few of them.

A test that doesn't reject a uniform law isn't one for it: 40 exponential waits pass it as often as
not. So the law must be likelier than each of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_LATE = (0.001, 0.03)
"""The least and the largest share of waits that the machine made longer than the law's longest."""
_TAIL = 0.25
"""By how much those are longer, as a share of the law's width."""
_ENDS = 0.8
"""The longest wait of a law is one of the waits from this rank on."""
_LEAST_SHARE = 1e-6


@dataclass(frozen=True)
class Sample:
    """Waits before the same further attempt of many calls, and where their law begins. Seconds."""

    waits_s: Sequence[float]
    begins_s: float


def uniform_over_others(samples: Sequence[Sample]) -> tuple[float, str]:
    """Return the logarithm of the likelihood ratio to the likeliest other law, and its name.

    Args:
        samples: of one law, each with a width of its own; what they say adds up.
    """
    import numpy as np

    total: dict[str, float] = {}
    for sample in samples:
        waits = np.sort(np.asarray(sample.waits_s)) - sample.begins_s
        for name, found in _log_likelihoods(np.maximum(waits, 0.0)).items():
            total[name] = total.get(name, 0.0) + found
    uniform = total.pop("uniform")
    other = max(total, key=lambda name: total[name])
    return uniform - total[other], other


def _log_likelihoods(waits: "np.ndarray[Any, Any]") -> Mapping[str, float]:
    """Return the log-likelihood of each law with its likeliest parameters."""
    from scipy import stats

    unbounded = {
        "exponential": stats.expon.logpdf(waits, scale=waits.mean()).sum(),
        "half-normal": stats.halfnorm.logpdf(waits, scale=(waits**2).mean() ** 0.5).sum(),
        "normal": stats.norm.logpdf(waits, waits.mean(), waits.std()).sum(),
    }
    return {name: float(found) for name, found in unbounded.items()} | {
        name: _within(law, waits) for name, law in _bounded_laws().items()
    }


@cache
def _bounded_laws() -> Mapping[str, Any]:
    from scipy import stats

    return {
        "uniform": stats.uniform(),
        "triangular": stats.triang(0.5),
        "falling": stats.beta(1, 2),
        "squared": stats.beta(0.5, 1),
    }


def _within(law: Any, waits: "np.ndarray[Any, Any]") -> float:
    """Return the log-likelihood of a law between 0 and its likeliest end; a few come late."""
    import numpy as np
    from scipy import stats

    found = []
    for end, late in product(waits[int(_ENDS * len(waits)) :], _LATE):
        shares = np.clip(waits / end, _LEAST_SHARE, 1 - _LEAST_SHARE)
        beyond = stats.expon.pdf(waits - end, scale=_TAIL * end)
        density = np.where(waits <= end, (1 - late) * law.pdf(shares) / end, late * beyond)
        found.append(np.log(np.maximum(density, np.finfo(float).tiny)).sum())
    return float(max(found))
