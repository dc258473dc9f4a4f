"""What a reviewer objects to: each finding on what it is about, and not on its opposite."""

import pytest

from seatrial.infer.experiment import Known
from seatrial.infer.findings import review
from seatrial.infer.parameters import Behaviour, Inferred


def measured(value: bool | float | str, **bounds: float) -> Inferred:
    return Inferred.measured(value, "seen", observations=3, **bounds)


ABSENT = Inferred.absent("not there", observations=3)
OPEN = Inferred.bounded("as long as anybody looked", observations=3, low=8.0)
ROWS: dict[str, tuple[dict[str, Inferred], dict[str, Behaviour]]] = {
    "no-timeout": ({"retry.attempt_timeout_s": OPEN}, {}),
    "timeout-of-each-read": ({"retry.attempt_timeout_covers_body": measured(False)}, {}),
    "no-connect-timeout": (
        {"retry.connect_timeout_s": OPEN, "retry.attempt_timeout_s": measured(1.0)},
        {},
    ),
    "no-deadline": (
        {
            "retry.deadline_s": OPEN,
            "retry.attempt_timeout_s": OPEN,
            "retry.attempts": measured(3),
        },
        {},
    ),
    "unsafe-repeated-without-key": (
        {"upstream.method": measured("POST"), "idempotency.header": ABSENT},
        {"503": Behaviour(attempts=3)},
    ),
    "key-changes": (
        {"idempotency.header": Inferred.absent("different keys", observations=3)},
        {},
    ),
    "trace-changes": ({"trace.header": ABSENT}, {}),
    "refusals-repeated": ({}, {"403": Behaviour(attempts=2)}),
    "no-jitter": ({"retry.jitter": measured("none")}, {}),
    "no-wait": ({"retry.backoff_s": Inferred.bounded("", observations=3, low=0.0, high=0.004)}, {}),
    "no-cap": (
        {"retry.cap_s": OPEN, "retry.growth": measured(2.0), "retry.attempts": measured(8)},
        {},
    ),
    "retry-after-ignored": ({"retry.retry_after_s": ABSENT}, {}),
    "amplification": ({"retry.budget": ABSENT, "retry.attempts": measured(4)}, {}),
    "no-breaker": ({"breaker": ABSENT}, {}),
    "probes-uncapped": ({"breaker.probes": ABSENT, "breaker": measured(True)}, {}),
    "late-results-close-breaker": ({"breaker.late_results": measured("close")}, {}),
    "refusals-open-breaker": ({}, {"404": Behaviour(counted=True)}),
    "failures-cached": ({}, {"503": Behaviour(cached=True)}),
    "missing-cached-long": (
        {
            "cache.missing_ttl_s": measured(3.0, low=2.9, high=3.1),
            "cache.ttl_s": measured(3.0, low=2.9, high=3.1),
        },
        {},
    ),
    "garbage-passed-on": ({}, {"garbage": Behaviour(answer="good (200)")}),
    "no-single-flight": ({"cache.single_flight": measured(False), "cache": measured(True)}, {}),
}


@pytest.mark.parametrize("name", list(ROWS))
def test_it_is_objected_to(name: str) -> None:
    parameters, behaviour = ROWS[name]
    assert name in [one.id for one in review(Known(parameters, behaviour))]


def test_a_sound_client_is_objected_to_in_nothing() -> None:
    sound = {
        "retry.attempts": measured(3),
        "retry.backoff_s": measured(0.1, low=0.09, high=0.11),
        "retry.jitter": measured("full"),
        "retry.growth": measured(2.0),
        "retry.cap_s": measured(1.0),
        "retry.attempt_timeout_s": measured(1.0),
        "retry.attempt_timeout_covers_body": measured(True),
        "retry.deadline_s": measured(4.0),
        "retry.connect_timeout_s": measured(0.5),
        "retry.retry_after_s": measured(True),
        "retry.budget": measured(True),
        "breaker": measured(True),
        "breaker.probes": measured(1),
        "breaker.late_results": measured("ignored"),
        "cache": measured(True),
        "cache.ttl_s": measured(3.0, low=2.9, high=3.1),
        "cache.missing_ttl_s": measured(0.0),
        "cache.single_flight": measured(True),
        "trace.header": measured("x-trace-id"),
        "idempotency.header": measured("Idempotency-Key"),
        "upstream.method": measured("POST"),
    }
    rows = {
        "503": Behaviour(attempts=3, counted=True, cached=False, answer="failed (503)"),
        "404": Behaviour(attempts=1, counted=False, cached=True, answer="missing (404)"),
        "garbage": Behaviour(attempts=3, counted=True, cached=False, answer="failed (503)"),
    }
    assert review(Known(sound, rows)) == []


def test_what_was_not_found_out_is_not_objected_to() -> None:
    names = {name for parameters, _ in ROWS.values() for name in parameters}
    assert review(Known({name: Inferred.undecided("no") for name in names})) == []


def test_a_deadline_that_may_have_ended_calls_is_not_said_to_lack() -> None:
    parameters, _ = ROWS["no-deadline"]
    why = "one of 3 s ended the call, which the call's deadline may have done"
    cap = Inferred.bounded(why, observations=9, low=2.0)
    assert review(Known(parameters))
    found = review(Known(parameters | {"retry.retry_after_cap_s": cap}))
    assert "no-deadline" not in [one.id for one in found]


def test_an_outage_is_not_said_to_be_unstopped_while_the_breaker_is_undecided() -> None:
    seen = {"retry.budget": ABSENT, "retry.attempts": measured(4)}
    texts = {
        one.severity: one.text
        for breaker in (ABSENT, Inferred.undecided("4, 6"), measured(True))
        for one in review(Known(seen | {"breaker": breaker}))
        if one.id == "amplification"
    }
    assert set(texts) == {"high", "medium", "low"}
    assert "nor breaker" not in texts["medium"]


def test_the_worst_comes_first() -> None:
    parameters = ROWS["no-timeout"][0] | ROWS["no-jitter"][0] | ROWS["no-breaker"][0]
    assert [one.severity for one in review(Known(parameters))] == ["high", "medium", "low"]
