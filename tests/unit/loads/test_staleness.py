"""The time for which a change stays unseen follows from the reads after its commit."""

import pytest

from seatrial.loads.staleness import staleness
from seatrial.loads.stats import Arrival


def _change(at_s: float, version: int, key: int = 1) -> Arrival:
    return Arrival(at_s, at_s, at_s, key, "storm", "changed", True, "change", version)


def _read(sent_s: float, version: int | None, key: int = 1, *, ok: bool = True) -> Arrival:
    return Arrival(sent_s, sent_s, sent_s + 0.01, key, "storm", "hit", ok, "read", version)


def test_staleness_lies_between_the_last_stale_and_the_first_fresh_read() -> None:
    arrivals = [_change(10.0, 2), _read(10.1, 1), _read(10.3, 1), _read(10.5, 2), _read(10.9, 2)]
    (found,) = staleness(arrivals)
    assert found.stale_for_s == pytest.approx(0.3)
    assert found.fresh_after_s == pytest.approx(0.51)


def test_a_stale_read_after_a_fresh_one_counts_too() -> None:
    (found,) = staleness([_change(10.0, 2), _read(10.1, 2), _read(12.0, 1)])
    assert found.stale_for_s == pytest.approx(2.0)


def test_reads_before_the_commit_and_of_others_say_nothing() -> None:
    (found,) = staleness([_read(9.9, 1), _change(10.0, 2), _read(10.5, 1, key=2)])
    assert found.stale_for_s == 0.0
    assert found.fresh_after_s is None


def test_a_later_change_shows_an_earlier_one_too() -> None:
    first, second = staleness([_change(10.0, 2), _change(10.2, 3), _read(10.4, 3)])
    assert first.fresh_after_s == pytest.approx(0.41)
    assert second.fresh_after_s == pytest.approx(0.21)


def test_answers_without_a_version_or_without_success_are_left_out() -> None:
    (found,) = staleness([_change(10.0, 2), _read(10.1, None), _read(10.2, 1, ok=False)])
    assert (found.stale_for_s, found.fresh_after_s) == (0.0, None)
