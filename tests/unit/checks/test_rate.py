"""A breaker that opens by a rate: its least calls, its window, its slow calls."""

from dataclasses import replace
from typing import Any

import pytest

from seatrial.checks import (
    CALLS_IN_TIME_ARE_NOT_SLOW,
    FEW_SLOW_CALLS_OPEN_NOTHING,
    OPENS_ABOVE_RATE,
    OPENS_AT_MINIMUM,
    OPENS_AT_THRESHOLD,
    RATE_IS_OF_THE_WINDOW,
    SLOW_CALLS_OPEN,
    STAYS_CLOSED_BELOW_MINIMUM,
    WireCheck,
)
from seatrial.checks.phases import (
    ABOVE_RATE,
    AFTER_FEW_SLOW,
    AFTER_IN_TIME,
    AFTER_PROLONGED,
    AFTER_TOO_FEW,
    AT_MINIMUM,
    FAILING,
    FEW_SLOW,
    FILLING,
    IN_TIME,
    OPEN,
    PROLONGED,
    REACH,
    TOO_FEW,
    TURNS,
)
from seatrial.config import DeclaredPolicy
from seatrial.results import Verdict
from tests.unit.checks.planted import PlantedEvidence

ALL = [
    STAYS_CLOSED_BELOW_MINIMUM,
    OPENS_AT_MINIMUM,
    OPENS_ABOVE_RATE,
    FEW_SLOW_CALLS_OPEN_NOTHING,
    RATE_IS_OF_THE_WINDOW,
    CALLS_IN_TIME_ARE_NOT_SLOW,
    SLOW_CALLS_OPEN,
]


def rated(**window: Any) -> DeclaredPolicy:
    """A breaker that opens at half of its calls, six at least."""
    rate = {"failures": 0.5, "minimum_calls": 6, "slow_s": 1, "slow_ratio": 0.5, **window}
    return DeclaredPolicy.model_validate({"breaker": {"rate": rate, "open_s": 2}})


COUNT, TIME = rated(window_calls=10), rated(window_s=5)


def verdict(check: WireCheck, planted: PlantedEvidence, policy: DeclaredPolicy = COUNT) -> Verdict:
    """The verdict on planted evidence."""
    return check(planted.evidence(policy)).verdict


def too_few(count: int, *, let_through: bool = True) -> PlantedEvidence:
    """A good call, failures, and another call."""
    planted = PlantedEvidence().good(REACH, 1, 0.1).failing(TOO_FEW, count, 1.0)
    after = (2.0,) if let_through else ()
    return planted.call(AFTER_TOO_FEW, 2.0, *after, outcome="good" if let_through else "failed")


def test_fewer_calls_than_the_minimum_open_nothing() -> None:
    assert verdict(STAYS_CLOSED_BELOW_MINIMUM, too_few(4)) is Verdict.PASSED
    found = STAYS_CLOSED_BELOW_MINIMUM(too_few(4, let_through=False).evidence(COUNT))
    assert found.verdict is Verdict.FAILED
    assert "after 5 calls, of which 4 failed" in found.explanation


def test_as_many_calls_as_the_minimum_or_too_few_failures_show_nothing() -> None:
    late = too_few(5, let_through=False)
    assert verdict(STAYS_CLOSED_BELOW_MINIMUM, late) is Verdict.UNDECIDED
    good = PlantedEvidence().good(REACH, 3, 0.1).failing(TOO_FEW, 1, 1).good(AFTER_TOO_FEW, 1, 2)
    assert verdict(STAYS_CLOSED_BELOW_MINIMUM, good) is Verdict.UNDECIDED


def at_minimum(failures: int, *, sent: bool, at_s: float = 3.0) -> PlantedEvidence:
    """A good call, failures, the failure that makes them enough, and another call."""
    planted = PlantedEvidence().good(REACH, 1, 0.1).failing(TOO_FEW, failures - 1, 1.0)
    planted.failing(AFTER_TOO_FEW, 1, 2.0)
    return planted.good(AT_MINIMUM, 1, at_s) if sent else planted.silent(AT_MINIMUM, 1, at_s)


def test_as_many_calls_as_the_minimum_open_it() -> None:
    assert verdict(OPENS_AT_MINIMUM, at_minimum(5, sent=False)) is Verdict.PASSED
    found = OPENS_AT_MINIMUM(at_minimum(5, sent=True).evidence(COUNT))
    assert found.verdict is Verdict.FAILED
    assert "5 of 6 calls failed, 50% of 6 are declared" in found.explanation


def test_other_calls_than_the_minimum_show_nothing_of_it() -> None:
    assert verdict(OPENS_AT_MINIMUM, at_minimum(4, sent=True)) is Verdict.UNDECIDED
    assert verdict(OPENS_AT_MINIMUM, at_minimum(6, sent=True)) is Verdict.UNDECIDED
    short = rated(window_s=1)
    assert verdict(OPENS_AT_MINIMUM, at_minimum(5, sent=True), short) is Verdict.UNDECIDED
    assert verdict(OPENS_AT_MINIMUM, at_minimum(5, sent=True, at_s=9)) is Verdict.UNDECIDED


def by_turns(failures: int, good: int, *, refused: int = 0) -> PlantedEvidence:
    """Failures and good calls by turns over a window, then calls that get through or not."""
    planted = PlantedEvidence()
    for at_s in range(1, 4):
        planted.failing(TURNS, failures, at_s).good(TURNS, good, at_s + 0.5)
    planted.good(ABOVE_RATE, 2 - refused, 4.0)
    return planted.silent(ABOVE_RATE, refused, 4.5)


def test_failures_above_the_rate_open_it_with_good_calls_between_them() -> None:
    assert verdict(OPENS_ABOVE_RATE, by_turns(3, 1, refused=2)) is Verdict.PASSED
    found = OPENS_ABOVE_RATE(by_turns(3, 1).evidence(COUNT))
    assert found.verdict is Verdict.FAILED
    assert "of the last 10 calls 7 failed" in found.explanation


@pytest.mark.parametrize(
    ("check", "planted"),
    [(OPENS_ABOVE_RATE, by_turns(3, 1)), (OPENS_AT_MINIMUM, at_minimum(5, sent=True))],
    ids=["above the rate", "at the minimum"],
)
def test_a_window_of_time_may_have_begun_again_between_the_calls(
    check: WireCheck, planted: PlantedEvidence
) -> None:
    """As gobreaker's, which are intervals one after the other."""
    found = check(planted.evidence(TIME))
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)
    assert "began again" in found.explanation


def test_no_more_failures_than_the_rate_or_too_few_calls_show_nothing() -> None:
    assert verdict(OPENS_ABOVE_RATE, by_turns(2, 2)) is Verdict.UNDECIDED
    assert verdict(OPENS_ABOVE_RATE, by_turns(3, 1), rated(window_s=0.5)) is Verdict.UNDECIDED


def few_slow(slow: int, *, sent: bool) -> PlantedEvidence:
    """Calls in time; quick ones, then slow ones, and another call."""
    planted = PlantedEvidence().good(IN_TIME, 6, 0.5).good(AFTER_IN_TIME, 1, 0.6)
    planted.good(FEW_SLOW, 10 - slow, 1.0)
    for _ in range(slow):
        planted.call(FEW_SLOW, 2.0, 2.1, took_s=1.2)
    return (planted.good if sent else planted.silent)(AFTER_FEW_SLOW, 1, 3.3)


def test_slow_calls_below_their_share_open_nothing() -> None:
    assert verdict(FEW_SLOW_CALLS_OPEN_NOTHING, few_slow(4, sent=True)) is Verdict.PASSED
    found = FEW_SLOW_CALLS_OPEN_NOTHING(few_slow(4, sent=False).evidence(COUNT))
    assert found.verdict is Verdict.FAILED
    assert "4 of 10 good calls were slow, below the declared 50%" in found.explanation
    assert verdict(FEW_SLOW_CALLS_OPEN_NOTHING, few_slow(5, sent=False)) is Verdict.UNDECIDED


def filled(
    good: int, failures: int, *, sent: bool = False, failed_at_s: float = 10
) -> PlantedEvidence:
    """Good calls, then failures, then calls that an open breaker refuses."""
    planted = PlantedEvidence().good(FILLING, good, 1.0).failing(FAILING, failures, failed_at_s)
    if sent:
        return planted.failing(OPEN, 3, failed_at_s + 0.1)
    return planted.silent(OPEN, 3, failed_at_s + 0.1)


def test_a_window_of_calls_forgets_what_is_older() -> None:
    assert verdict(RATE_IS_OF_THE_WINDOW, filled(20, 6)) is Verdict.PASSED
    found = RATE_IS_OF_THE_WINDOW(filled(20, 6, sent=True).evidence(COUNT))
    assert found.verdict is Verdict.FAILED
    assert "the window of 10 calls, and the provider was still asked" in found.explanation


def test_a_window_of_time_forgets_what_is_older() -> None:
    assert verdict(RATE_IS_OF_THE_WINDOW, filled(20, 6), TIME) is Verdict.PASSED
    assert verdict(RATE_IS_OF_THE_WINDOW, filled(20, 6, sent=True), TIME) is Verdict.FAILED
    soon = filled(20, 6, sent=True, failed_at_s=5)
    assert verdict(RATE_IS_OF_THE_WINDOW, soon, TIME) is Verdict.UNDECIDED


def test_too_few_good_calls_or_failures_show_nothing_of_the_window() -> None:
    assert verdict(RATE_IS_OF_THE_WINDOW, filled(6, 6)) is Verdict.UNDECIDED
    assert verdict(RATE_IS_OF_THE_WINDOW, filled(20, 4, sent=True)) is Verdict.UNDECIDED


def took(took_s: float, *, opened: bool) -> PlantedEvidence:
    """Calls that took this long in both ways, each with one after them."""
    planted = PlantedEvidence()
    for at_s, phase, after in ((1.0, IN_TIME, AFTER_IN_TIME), (9.0, PROLONGED, AFTER_PROLONGED)):
        for _ in range(6):
            planted.call(phase, at_s, at_s + 0.1, took_s=took_s)
        later_s = at_s + took_s + 0.1
        planted.call(after, later_s, *(() if opened else (later_s,)))
    return planted


def test_slow_calls_open_the_breaker_and_others_do_not() -> None:
    assert verdict(CALLS_IN_TIME_ARE_NOT_SLOW, took(0.5, opened=False)) is Verdict.PASSED
    assert verdict(CALLS_IN_TIME_ARE_NOT_SLOW, took(0.5, opened=True)) is Verdict.FAILED
    slow = replace(SLOW_CALLS_OPEN, depends_on=())
    assert verdict(slow, took(1.3, opened=True)) is Verdict.PASSED
    found = slow(took(1.3, opened=False).evidence(COUNT))
    assert found.verdict is Verdict.FAILED
    assert "6 calls in a row took over 1 s, 50% are declared" in found.explanation


def test_calls_that_took_another_time_show_nothing() -> None:
    assert verdict(CALLS_IN_TIME_ARE_NOT_SLOW, took(1.3, opened=True)) is Verdict.UNDECIDED
    slow = replace(SLOW_CALLS_OPEN, depends_on=())
    assert verdict(slow, took(0.5, opened=True)) is Verdict.UNDECIDED


def test_no_evidence_is_undecided_and_what_is_not_declared_skipped() -> None:
    for check in ALL:
        assert verdict(check, PlantedEvidence()) is Verdict.UNDECIDED
        assert verdict(check, took(1.3, opened=True), DeclaredPolicy()) is Verdict.SKIPPED
    row = DeclaredPolicy.model_validate({"breaker": {"failures": 3, "open_s": 2}})
    assert verdict(RATE_IS_OF_THE_WINDOW, filled(20, 6), row) is Verdict.SKIPPED


@pytest.mark.parametrize(("failures", "is_seen"), [(6, False), (12, False), (13, True)])
def test_failures_that_make_no_rate_next_to_good_calls_leave_its_opening_open(
    failures: int, is_seen: bool
) -> None:
    policy = rated(window_s=60)
    found = OPENS_AT_THRESHOLD(filled(12, failures, sent=True).evidence(policy))
    assert found.verdict is (Verdict.FAILED if is_seen else Verdict.UNDECIDED)
    assert is_seen or "next to 12 others within the window, needn't be" in found.explanation
