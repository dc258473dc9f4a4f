"""Which rates of failures explain when a breaker opened: all of them, held to each count.

A rate, its window and its least number of calls can't be read off one by one: each hides another.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor

_SHARES = tuple(place / 100 for place in range(1, 101))
_ROUNDING = 1e-9


@dataclass(frozen=True)
class RateLaw:
    """A rate that opens a breaker."""

    share: float
    window_calls: int | None
    """None: all calls that were made, or those of a time."""
    over: bool
    """Only a larger share opens it; else this one does."""
    minimum_calls: tuple[int, int] = (1, 1)
    """The fewest and the most that explain it as well."""

    def makes_share_after(self, good: int) -> int | None:
        """Return how many failures make the share after this many good calls; None: none do."""
        if self.share == 1 and self.window_calls is None:
            return None if self.over or good else 1
        growing = None if self.share == 1 else good * self.share / (1 - self.share)
        if growing is not None:
            failed = max(1, self._least(growing))
            if self.window_calls is None or good + failed <= self.window_calls:
                return failed
        assert self.window_calls is not None
        failed = self._least(self.share * self.window_calls)
        return None if failed > self.window_calls else max(failed, self.window_calls - good)

    def _least(self, failures: float) -> int:
        return floor(failures + _ROUNDING) + 1 if self.over else ceil(failures - _ROUNDING)


def laws_of(failed: Mapping[int, int]) -> list[RateLaw]:
    """Return the rates that explain all counts.

    Args:
        failed: how many failures opened it, by the good calls before them.
    """
    most = max(good + count for good, count in failed.items())
    return [
        RateLaw(share, window, over, minimum)
        for window in (None, *range(2, most))
        for share in _SHARES
        for over in (False, True)
        if (minimum := _minimum_of(RateLaw(share, window, over), failed, window or most))
    ]


def _minimum_of(law: RateLaw, failed: Mapping[int, int], most: int) -> tuple[int, int] | None:
    """Return the least numbers of calls that explain what the share alone doesn't."""
    low, high = 1, most
    for good, count in failed.items():
        share_after = law.makes_share_after(good)
        if share_after is None or share_after > count:
            return None
        high = min(high, good + count)
        if share_after < count:  # the number of calls kept it closed
            low = max(low, good + count)
    return (low, high) if low <= high else None
