"""The cache's checks: passed on a right consumer's evidence, failed on planted defects."""

from dataclasses import replace

import pytest

from seatrial.checks import (
    HIT_SENDS_NOTHING,
    SHOWS_CHANGES_IN_TIME,
    Attempt,
    Call,
    Change,
    Evidence,
    WireCheck,
)
from seatrial.config import Cache, Policy
from seatrial.results import Verdict

ALL = [HIT_SENDS_NOTHING, SHOWS_CHANGES_IN_TIME]
RIGHT = Evidence(
    policy=Policy(cache=Cache(ttl_s=3.0, fresh_within_s=2.0)),
    calls=(
        Call("u1", "cold", 0.0, 0.1, "good", 200),
        Call("u1", "warm", 0.2, 0.3, "good", 200),
    ),
    attempts=(Attempt("u1", 0.05, 0.06, 200),),
    changes=(Change("u1", "changed", 1.0, 1.4), Change("u1", "removed", 1.5, 1.6)),
)


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_a_right_cache_passes(check: WireCheck) -> None:
    assert check(RIGHT).verdict is Verdict.PASSED


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_what_is_not_declared_is_skipped(check: WireCheck) -> None:
    assert check(replace(RIGHT, policy=Policy())).verdict is Verdict.SKIPPED


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.id)
def test_no_evidence_is_undecided(check: WireCheck) -> None:
    assert check(replace(RIGHT, calls=(), changes=())).verdict is Verdict.UNDECIDED


def test_asking_again_within_the_time_to_live_fails() -> None:
    again = Attempt("u1", 0.25, 0.26, 200)
    found = HIT_SENDS_NOTHING(replace(RIGHT, attempts=(*RIGHT.attempts, again)))
    assert found.verdict is Verdict.FAILED
    assert "1 of 1 lookups within 3 s" in found.explanation


def test_a_lookup_after_expiry_shows_nothing() -> None:
    late = replace(RIGHT.calls[1], started_s=3.5, ended_s=3.6)
    assert HIT_SENDS_NOTHING(replace(RIGHT, calls=(RIGHT.calls[0], late))).verdict is (
        Verdict.UNDECIDED
    )


@pytest.mark.parametrize("shown_s", [None, 3.1])
def test_a_change_that_is_not_shown_in_time_fails(shown_s: float | None) -> None:
    found = SHOWS_CHANGES_IN_TIME(replace(RIGHT, changes=(Change("u1", "removed", 1.0, shown_s),)))
    assert found.verdict is Verdict.FAILED
    assert "was removed" in found.explanation


def test_freshness_without_a_cache_is_undecided() -> None:
    again = Attempt("u1", 0.25, 0.26, 200)
    evidence = replace(RIGHT, attempts=(*RIGHT.attempts, again))
    assert SHOWS_CHANGES_IN_TIME(evidence).verdict is Verdict.UNDECIDED


def test_a_bound_that_expiry_alone_would_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="must be under ttl_s"):
        Cache(ttl_s=2.0, fresh_within_s=2.0)
