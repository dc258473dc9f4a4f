"""Histograms are exact in counts, close in values, and lose nothing when merged."""

import random

import pytest

from seatrial.loads.histograms import Durations


def _of(values: list[float]) -> Durations:
    made = Durations()
    for value in values:
        made.record_s(value)
    return made


def test_percentiles_are_within_a_thousandth_of_the_sorted_values() -> None:
    rng = random.Random(1)
    values = [rng.lognormvariate(-6, 1) for _ in range(10_000)]
    held = _of(values)
    for share in (50, 90, 99, 99.9):
        exact_ms = sorted(values)[round(share / 100 * len(values)) - 1] * 1000
        assert held.percentile_ms(share) == pytest.approx(exact_ms, rel=0.002)


def test_a_median_under_a_millisecond_is_not_rounded_to_one() -> None:
    assert _of([0.0006] * 10).percentile_ms(50) == pytest.approx(0.6, rel=0.001)


def test_merged_parts_are_what_one_histogram_would_hold() -> None:
    rng = random.Random(2)
    values = [rng.expovariate(100) for _ in range(3_000)]
    whole = _of(values)
    merged = Durations.merged([_of(values[:1000]), _of(values[1000:1100]), _of(values[1100:])])
    assert merged.count == whole.count == 3_000
    for share in (1, 50, 99, 99.9, 100):
        assert merged.percentile_ms(share) == whole.percentile_ms(share)


def test_encoded_and_decoded_is_the_same() -> None:
    held = _of([0.001, 0.5, 3.0])
    again = Durations.decode(held.encode())
    assert again.count == 3
    assert [again.percentile_ms(share) for share in (1, 50, 100)] == [
        held.percentile_ms(share) for share in (1, 50, 100)
    ]


def test_empty_is_zero_and_merges_to_nothing() -> None:
    empty = Durations.decode(Durations().encode())
    assert empty.count == 0
    assert empty.percentile_ms(99) == 0.0


@pytest.mark.parametrize(("duration_s", "shown_ms"), [(0.0, 0.001), (-1.0, 0.001), (1e6, 3.6e6)])
def test_what_is_out_of_range_counts_at_its_edge(duration_s: float, shown_ms: float) -> None:
    held = _of([duration_s])
    assert held.count == 1
    assert held.percentile_ms(50) == pytest.approx(shown_ms, rel=0.001)
