"""Durations in HDR histograms: within 0.1 %, some kB each, and exact when merged."""

from collections.abc import Iterable
from typing import Any, Self

from seatrial.errors import UsageError

_MAX_US = 3_600_000_000
_DIGITS = 3


class Durations:
    """A histogram of durations from 1 µs to 1 h; what is longer counts as 1 h.

    Raises:
        UsageError: the extra that brings the histograms isn't installed.
    """

    def __init__(self) -> None:
        self._hdr = _new()

    def record_s(self, duration_s: float) -> None:
        """Add one duration, seconds."""
        self._hdr.record_value(min(max(round(duration_s * 1e6), 1), _MAX_US))

    def merge(self, other: Self) -> None:
        """Add all that another one holds."""
        self._hdr.add(other._hdr)

    @property
    def count(self) -> int:
        """The number of durations that it holds."""
        return int(self._hdr.get_total_count())

    def percentile_ms(self, percentile: float) -> float:
        """Return the duration that this percentage doesn't exceed, milliseconds; 0 when empty."""
        return float(self._hdr.get_value_at_percentile(percentile)) / 1000 if self.count else 0.0

    def encode(self) -> str:
        """Return the standard compressed form, base64, that every HDR library reads."""
        return str(self._hdr.encode().decode("ascii"))

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` was called on."""
        made = cls()
        made._hdr.decode_and_add(text.encode("ascii"))
        return made

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """Return a new one that holds what all parts hold."""
        made = cls()
        for part in parts:
            made.merge(part)
        return made


def _new() -> Any:
    try:
        from hdrh.histogram import HdrHistogram
    except ImportError as error:
        raise UsageError(
            "Load needs Locust and HDR histograms; pip install 'seatrial[load]' brings them"
        ) from error
    return HdrHistogram(1, _MAX_US, _DIGITS)
