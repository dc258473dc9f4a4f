"""The cache's checks: passed on a right consumer's evidence, failed on planted defects."""

from dataclasses import replace

import pytest

from seatrial.checks import (
    CAPS_WAITERS,
    ENTRIES_EXPIRE,
    FAILURES_ARE_NOT_CACHED,
    GONE_IS_NOT_SERVED,
    HIT_SENDS_NOTHING,
    MISSING_IS_FORGOTTEN,
    NOTHING_TOO_OLD,
    SERVES_HITS_WHILE_OPEN,
    SHOWS_CHANGES_IN_TIME,
    SINGLE_FLIGHT,
    SINGLE_FLIGHT_IN_FULL_CACHE,
    STALE_AS_DECLARED,
    USED_WHILE_CHANGES_FLOW,
    WAITERS_OUTLIVE_LOADER,
    WAITERS_SHARE_FAILURE,
    Attempt,
    Outcome,
    WireCheck,
)
from seatrial.checks.phases import (
    AFTER,
    AGAIN,
    COLD,
    CROWD,
    EXPIRED,
    FAILED_STAMPEDE,
    FLOWING,
    GONE,
    HIT_WHILE_OPEN,
    LOADER,
    LOOKING,
    MANY_WAITERS,
    MISSING,
    MISSING_LATER,
    STALE,
    STAMPEDE,
    TOO_OLD,
    UNKNOWN,
    WAITERS,
    WARM,
    ScenarioPhase,
)
from seatrial.config import DeclaredCache, DeclaredFailureKinds, DeclaredFailures, DeclaredPolicy
from seatrial.results import Verdict

from .planted import POLICY, PlantedEvidence, without


def known() -> PlantedEvidence:
    """An entity in memory from 0 s on, served from there soon after."""
    planted = PlantedEvidence().call(COLD, 0.0, 0.05, entity="e", took_s=0.1)
    return planted.call(WARM, 0.2, entity="e", outcome="cached")


def later(
    phase: ScenarioPhase, at_s: float, *sent_s: float, outcome: Outcome = "good"
) -> PlantedEvidence:
    """The same entity, asked for again later."""
    return known().call(phase, at_s, *sent_s, entity="e", outcome=outcome)


def batch(phase: ScenarioPhase, requests: int, outcome: Outcome) -> PlantedEvidence:
    """Four callers at once about one entity who sent these requests."""
    planted = PlantedEvidence().call(phase, 0.0, *(0.1,) * requests, entity="e", outcome=outcome)
    for _ in range(3):
        planted.call(phase, 0.0, entity="e", outcome=outcome, took_s=0.2)
    return planted.batch(phase, 0.05)


def both_batches(
    requests: int, failed: int, callers: int = 2, apart_s: float = 0.0
) -> PlantedEvidence:
    """A batch that was served, and one that wasn't."""
    planted = batch(STAMPEDE, requests, "good")
    sent_s = [1.1 + number * apart_s for number in range(failed)]
    planted.call(FAILED_STAMPEDE, 1.0, *sent_s, entity="f", outcome="failed")
    for _ in range(callers - 1):
        planted.call(FAILED_STAMPEDE, 1.0, entity="f", outcome="failed", took_s=0.2)
    return planted.batch(FAILED_STAMPEDE, 1.2)


def left(*outcomes: Outcome) -> PlantedEvidence:
    """A caller who goes away, and others who waited for the answer to its request."""
    planted = PlantedEvidence().call(LOADER, 0.0, 0.05, entity="e", took_s=0.2, cancelled=True)
    for outcome in outcomes:
        planted.call(WAITERS, 0.1, entity="e", outcome=outcome, took_s=0.5)
    return planted


def told_missing() -> PlantedEvidence:
    """Many that were missing, none of which opened the breaker; the last one at 0 s."""
    planted = PlantedEvidence()
    for _ in range(6):
        planted.call(UNKNOWN, -1.0, -0.9, outcome="missing")
    return (
        planted.call(MISSING, 0.0, 0.05, entity="e", outcome="missing").good(AFTER, 1, 0.1).opened()
    )


def gone(outcome: Outcome, *, at_s: float = 3.3, said: Outcome = "missing") -> PlantedEvidence:
    """The entity has expired and is said to be missing; then the provider is down."""
    planted = known().call(COLD, 0.0, 0.05, entity="s", took_s=0.1)
    planted.call(STALE, 3.1, entity="s", outcome="stale")
    planted.call(MISSING, 3.15, 3.16, entity="e", outcome=said)
    return planted.call(GONE, at_s, entity="e", outcome=outcome)


def in_full_cache(apart_s: float, callers: int = 2) -> PlantedEvidence:
    """Callers of each of two entities, of which the second one sends a request, too."""
    planted = PlantedEvidence()
    for number in range(callers):
        tries = {"answered_s": 1.2 + number * apart_s}
        for entity in ("a", "b"):
            sent = 1.1 + number * apart_s
            planted.call(CROWD, 1.0, sent, took_s=2.0, entity=entity, tries=tries)
    return planted


RIGHT = {
    GONE_IS_NOT_SERVED: gone("missing"),
    HIT_SENDS_NOTHING: known(),
    ENTRIES_EXPIRE: later(EXPIRED, 3.6, 3.65),
    FAILURES_ARE_NOT_CACHED: PlantedEvidence().call(AGAIN, 1.0, 1.1),
    MISSING_IS_FORGOTTEN: told_missing().call(MISSING_LATER, 1.3, 1.35, entity="e"),
    SERVES_HITS_WHILE_OPEN: later(HIT_WHILE_OPEN, 1.0, outcome="cached").opened(),
    STALE_AS_DECLARED: later(STALE, 3.2, outcome="stale"),
    NOTHING_TOO_OLD: later(TOO_OLD, 4.3, outcome="failed"),
    SHOWS_CHANGES_IN_TIME: known().change(11.9),
    SINGLE_FLIGHT: batch(STAMPEDE, 1, "good"),
    WAITERS_SHARE_FAILURE: both_batches(1, 3),
    WAITERS_OUTLIVE_LOADER: left("good", "good"),
}
BROKEN = {
    GONE_IS_NOT_SERVED: (gone("stale"), "e was served although the provider had said"),
    HIT_SENDS_NOTHING: (later(WARM, 0.3, 0.35), "1 of 2 lookups within 3 s"),
    ENTRIES_EXPIRE: (later(EXPIRED, 3.6, outcome="cached"), "did not ask the provider"),
    FAILURES_ARE_NOT_CACHED: (
        PlantedEvidence().call(AGAIN, 1.0, outcome="failed"),
        "the failure was kept (the consumer said 503)",
    ),
    MISSING_IS_FORGOTTEN: (
        told_missing().call(MISSING_LATER, 1.3, entity="e"),
        "a 404 is kept for 1 s at most",
    ),
    SERVES_HITS_WHILE_OPEN: (
        later(HIT_WHILE_OPEN, 1.0, outcome="failed").opened(),
        "1 of 1 fresh entries were not served",
    ),
    STALE_AS_DECLARED: (later(STALE, 3.2, outcome="cached"), "served as if they were fresh"),
    NOTHING_TOO_OLD: (later(TOO_OLD, 4.3, outcome="stale"), "although they were too old"),
    SHOWS_CHANGES_IN_TIME: (known().change(12.1), "not shown so within 2 s (2.10 s"),
    SINGLE_FLIGHT: (batch(STAMPEDE, 3, "good"), "4 callers at once about one entity sent 3"),
    WAITERS_SHARE_FAILURE: (
        both_batches(1, 5),
        "sent 5 requests, 5 of them together, to a provider that fails",
    ),
    WAITERS_OUTLIVE_LOADER: (
        left("good", "failed"),
        "1 of 2 others who waited for its answer were not answered well: the consumer said 503",
    ),
}
TOO_LITTLE = {
    GONE_IS_NOT_SERVED: gone("failed", at_s=4.5),
    HIT_SENDS_NOTHING: PlantedEvidence()
    .call(COLD, 0.0, 0.05, entity="e")
    .call(WARM, 3.5, entity="e"),
    ENTRIES_EXPIRE: later(EXPIRED, 3.2, outcome="cached"),
    FAILURES_ARE_NOT_CACHED: PlantedEvidence(),
    MISSING_IS_FORGOTTEN: told_missing(),
    SERVES_HITS_WHILE_OPEN: later(HIT_WHILE_OPEN, 3.2, outcome="failed"),
    STALE_AS_DECLARED: known(),
    NOTHING_TOO_OLD: later(TOO_OLD, 3.9, outcome="stale"),
    SHOWS_CHANGES_IN_TIME: known(),
    SINGLE_FLIGHT: PlantedEvidence().call(STAMPEDE, 0.0, 0.1),
    WAITERS_SHARE_FAILURE: batch(STAMPEDE, 1, "good"),
    WAITERS_OUTLIVE_LOADER: left(),
}
ids = pytest.mark.parametrize("check", RIGHT, ids=lambda check: check.id)


@ids
def test_a_right_cache_passes(check: WireCheck) -> None:
    assert check(RIGHT[check].evidence()).verdict is Verdict.PASSED


@ids
def test_a_broken_one_fails_and_says_why(check: WireCheck) -> None:
    planted, said = BROKEN[check]
    found = check(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert said in found.explanation


@ids
def test_too_little_evidence_is_undecided(check: WireCheck) -> None:
    assert check(TOO_LITTLE[check].evidence()).verdict is Verdict.UNDECIDED
    assert check(PlantedEvidence().evidence()).verdict is Verdict.UNDECIDED


@ids
def test_what_is_not_declared_is_skipped(check: WireCheck) -> None:
    assert check(BROKEN[check][0].evidence(DeclaredPolicy())).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("check", "option"),
    [
        (MISSING_IS_FORGOTTEN, "missing_ttl_s"),
        (SERVES_HITS_WHILE_OPEN, "serves_while_open"),
        (STALE_AS_DECLARED, "stale_if_error_s"),
        (NOTHING_TOO_OLD, "stale_if_error_s"),
        (SHOWS_CHANGES_IN_TIME, "fresh_within_s"),
        (SINGLE_FLIGHT, "single_flight"),
        (WAITERS_SHARE_FAILURE, "single_flight"),
        (WAITERS_OUTLIVE_LOADER, "single_flight"),
    ],
)
def test_a_cache_that_promises_less_is_asked_less(check: WireCheck, option: str) -> None:
    policy = without("cache", **{option: None})
    assert check(BROKEN[check][0].evidence(policy)).verdict is Verdict.SKIPPED


def test_a_change_that_is_never_shown_fails() -> None:
    found = SHOWS_CHANGES_IN_TIME(known().change(None).evidence())
    assert found.verdict is Verdict.FAILED
    assert "never while anybody looked" in found.explanation


@pytest.mark.parametrize(
    "check", [SHOWS_CHANGES_IN_TIME, ENTRIES_EXPIRE, SERVES_HITS_WHILE_OPEN], ids=lambda c: c.id
)
def test_without_a_cache_nothing_more_is_said(check: WireCheck) -> None:
    evidence = BROKEN[check][0].evidence()
    asked_again = Attempt("e", 0.25, 0.26, 200)
    evidence = replace(evidence, attempts=(*evidence.attempts, asked_again))
    assert check(evidence).verdict is Verdict.UNDECIDED


def test_a_stale_answer_where_none_is_promised_fails() -> None:
    policy = without("cache", stale_if_error_s=0.0)
    evidence = later(STALE, 3.2, outcome="stale").evidence(policy)
    assert STALE_AS_DECLARED(evidence).verdict is Verdict.FAILED
    evidence = later(STALE, 3.2, outcome="failed").evidence(policy)
    assert STALE_AS_DECLARED(evidence).verdict is Verdict.PASSED


def test_a_stale_answer_that_cannot_be_told_from_a_fresh_one_is_undecided() -> None:
    evidence = later(STALE, 3.2).evidence(answers=frozenset(("good", "failed", "missing")))
    assert STALE_AS_DECLARED(evidence).verdict is Verdict.UNDECIDED


def test_an_entry_that_was_asked_for_too_late_shows_nothing_of_staleness() -> None:
    found = STALE_AS_DECLARED(later(STALE, 4.5, outcome="failed").evidence())
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def test_a_batch_that_goes_without_its_answer_fails() -> None:
    planted = batch(STAMPEDE, 1, "good").call(STAMPEDE, 0.0, entity="e", outcome="failed")
    assert SINGLE_FLIGHT(planted.evidence()).verdict is Verdict.FAILED


def test_who_shares_a_failure_is_answered_as_the_others_are() -> None:
    planted = both_batches(1, 3, callers=3)
    planted.call(FAILED_STAMPEDE, 1.0, entity="f", outcome="other", took_s=0.2)
    found = WAITERS_SHARE_FAILURE(planted.evidence())
    assert found.verdict is Verdict.FAILED
    assert "1 of 4 callers who shared one failure" in found.explanation


def test_attempts_that_were_given_up_are_no_further_requests() -> None:
    planted = PlantedEvidence()
    planted.call(STAMPEDE, 0.0, 0.1, 0.4, entity="e", tries={"given_up_s": 0.4})
    planted.call(STAMPEDE, 0.0, entity="e").call(STAMPEDE, 0.0, 0.8, entity="e")
    found = SINGLE_FLIGHT(planted.evidence())
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


@pytest.mark.parametrize(
    ("requests", "apart_s", "verdict"),
    [
        (3, 0.3, Verdict.UNDECIDED),  # attempts that were given up as their answers came
        (3, 0.0005, Verdict.FAILED),
        (4, 0.3, Verdict.FAILED),  # one for each caller
    ],
)
def test_requests_one_after_the_other_may_be_of_one_load(
    requests: int, apart_s: float, verdict: Verdict
) -> None:
    sent_s = [0.1 + number * apart_s for number in range(requests)]
    planted = PlantedEvidence().call(STAMPEDE, 0.0, *sent_s, entity="e")
    for _ in range(3):
        planted.call(STAMPEDE, 0.0, entity="e", took_s=0.2)
    found = SINGLE_FLIGHT(planted.batch(STAMPEDE, 0.05).evidence())
    assert (found.verdict, found.retryable) == (verdict, verdict is Verdict.UNDECIDED)


def test_a_failure_that_is_not_retried_is_one_request() -> None:
    statuses = DeclaredFailures(retried=DeclaredFailureKinds(status=()))
    policy = POLICY.model_copy(update={"failures": statuses})
    planted = both_batches(1, 2, callers=4, apart_s=0.3)
    found = WAITERS_SHARE_FAILURE(planted.evidence(policy))
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


CROWDED = without("cache", max_waiters=2)


def crowd(
    waiting: int, refused: int, *, requests: int = 1, outcome: Outcome = "failed"
) -> PlantedEvidence:
    """Callers of one entity of whom one asks, some wait for that, and others are refused."""
    planted = PlantedEvidence().call(
        MANY_WAITERS, 0.0, *(0.1,) * requests, entity="e", took_s=1.1, tries={"answered_s": 1.1}
    )
    for _ in range(waiting):
        planted.call(MANY_WAITERS, 0.0, entity="e", took_s=1.1)
    for _ in range(refused):
        planted.call(MANY_WAITERS, 0.0, entity="e", outcome=outcome, took_s=0.2)
    return planted.batch(MANY_WAITERS, 1.0, whole=False)


@pytest.mark.parametrize(
    ("planted", "verdict", "said"),
    [
        (crowd(2, 5), Verdict.PASSED, "of 8 callers at once 2 waited"),
        (crowd(7, 0), Verdict.FAILED, "7 of 8 callers at once waited"),
        (crowd(1, 6), Verdict.UNDECIDED, "only 1 callers waited"),
        (crowd(2, 5, outcome="missing"), Verdict.FAILED, "5 of 5 callers beyond those"),
        (crowd(2, 0), Verdict.UNDECIDED, "declared, not tested: 2 callers"),
        (crowd(7, 0, requests=3), Verdict.UNDECIDED, "no one request"),
        (PlantedEvidence(), Verdict.UNDECIDED, "declared, not tested"),
    ],
)
def test_no_more_callers_than_declared_wait_for_one_request(
    planted: PlantedEvidence, verdict: Verdict, said: str
) -> None:
    found = CAPS_WAITERS(planted.evidence(CROWDED))
    assert found.verdict is verdict
    assert said in found.explanation
    assert CAPS_WAITERS(planted.evidence()).verdict is Verdict.SKIPPED


def test_callers_whom_a_busy_consumer_heard_late_did_not_wait() -> None:
    evidence = crowd(7, 0).evidence(CROWDED, cpu_waits=((0.0, 0.0), (1.1, 0.6)))
    found = CAPS_WAITERS(evidence)
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def flowing(lookups: int, *, used: bool) -> PlantedEvidence:
    """Lookups after a cut, a few a second, that ask the provider until the cache is used."""
    planted = known()
    for number in range(lookups):
        planted.call(FLOWING, 5 + number / 4, 5 + number / 4, entity="f")
    return planted.call(FLOWING, 15.0, *(() if used else (15.0,)), entity="f")


@pytest.mark.parametrize(
    ("planted", "pause_s", "verdict"),
    [
        (flowing(8, used=True), 0.05, Verdict.PASSED),
        (flowing(30, used=False), 0.05, Verdict.FAILED),
        (flowing(30, used=False), 0.5, Verdict.FAILED),
        (flowing(8, used=True), 0.08, Verdict.UNDECIDED),
        (flowing(3, used=False), 0.05, Verdict.UNDECIDED),
    ],
)
def test_a_cache_is_used_again_while_changes_flow(
    planted: PlantedEvidence, pause_s: float, verdict: Verdict
) -> None:
    found = USED_WHILE_CHANGES_FLOW(planted.evidence(facts={"longest_pause_s": pause_s}))
    assert (found.verdict, found.retryable) == (verdict, verdict is Verdict.UNDECIDED)


def test_on_a_busy_machine_events_may_have_paused_though_changes_did_not() -> None:
    evidence = flowing(8, used=True).evidence(
        facts={"longest_pause_s": 0.05}, cpu_waits=((4.0, 0.0), (16.0, 6.0))
    )
    found = USED_WHILE_CHANGES_FLOW(evidence)
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)


def test_callers_who_may_have_come_late_are_looked_at_again() -> None:
    found = WAITERS_SHARE_FAILURE(both_batches(1, 15, callers=20, apart_s=0.01).evidence())
    assert found.verdict is Verdict.UNDECIDED
    assert found.retryable


@pytest.mark.parametrize(("failed", "apart_s"), [(9, 0.0), (60, 0.01)])
def test_callers_who_ask_on_their_own_at_once_or_one_each_fail(failed: int, apart_s: float) -> None:
    found = WAITERS_SHARE_FAILURE(both_batches(1, failed, callers=20, apart_s=apart_s).evidence())
    assert found.verdict is Verdict.FAILED


def test_a_bound_that_expiry_alone_would_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="must be under ttl_s"):
        DeclaredCache(ttl_s=2.0, fresh_within_s=2.0)


@pytest.mark.parametrize(
    ("outcome", "verdict"), [("good", Verdict.PASSED), ("missing", Verdict.FAILED)]
)
def test_what_was_changed_is_never_said_to_be_gone(outcome: Outcome, verdict: Verdict) -> None:
    planted = known().change(11.9).call(LOOKING, 10.5, entity="u0", outcome=outcome)
    found = SHOWS_CHANGES_IN_TIME(planted.evidence())
    assert found.verdict is verdict
    assert found.verdict is Verdict.PASSED or "said to be gone" in found.explanation


def test_what_was_never_said_to_be_gone_may_be_served() -> None:
    found = GONE_IS_NOT_SERVED(gone("stale", said="failed").evidence())
    assert found.verdict is Verdict.UNDECIDED
    none_kept = without("cache", missing_ttl_s=None)
    found = GONE_IS_NOT_SERVED(gone("stale").evidence(none_kept))
    assert found.verdict is Verdict.SKIPPED


@pytest.mark.parametrize(
    ("planted", "verdict", "said"),
    [
        (in_full_cache(0.2), Verdict.PASSED, "no two of 4 callers"),
        (in_full_cache(0.05), Verdict.FAILED, "2 callers at once about one entity sent 2"),
        (in_full_cache(0.2, callers=1), Verdict.UNDECIDED, "no two callers asked for each"),
    ],
)
def test_callers_of_a_full_cache_share_a_request(
    planted: PlantedEvidence, verdict: Verdict, said: str
) -> None:
    found = SINGLE_FLIGHT_IN_FULL_CACHE(planted.evidence(without("cache", max_entries=2)))
    assert found.verdict is verdict
    assert said in found.explanation
    found = SINGLE_FLIGHT_IN_FULL_CACHE(
        in_full_cache(0.2).evidence(without("cache", max_entries=3))
    )
    assert (found.verdict, found.retryable) == (Verdict.UNDECIDED, True)
    large = planted.evidence(without("cache", max_entries=10_000))
    assert SINGLE_FLIGHT_IN_FULL_CACHE(large).verdict is Verdict.SKIPPED
