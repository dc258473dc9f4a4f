"""`tests.inference`: the judge of what was inferred, on planted results."""

import random
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pytest

from tests.inference import judge
from tests.inference.cases import cases, draw
from tests.inference.judge import Verdict
from tests.inference.numbers import Numbers
from tests.inference.round_trip import TWINS, is_broken_by
from tests.inference.truth import attempts, findings, truths

NUMBERS = Numbers(
    attempts=4,
    backoff_s=0.1,
    growth=2.0,
    jitter="full",
    attempt_timeout_s=0.5,
    retry_after_cap_s=2.0,
    deadline_s=3.0,
    failures=3,
    open_s=1.5,
    successes=2,
    probes=None,
)


def said(
    certainty: str, value: object = None, low: float | None = None, high: float | None = None
) -> dict[str, Any]:
    return {"certainty": certainty, "value": value, "low": low, "high": high, "why": "seen"}


def verdict(name: str, found: Mapping[str, Any], numbers: Numbers = NUMBERS) -> Verdict | None:
    judged = {one.name: one for one in judge.parameters({name: found}, truths(numbers))}
    return judged[name].verdict if name in judged else None


@pytest.mark.parametrize(
    ("name", "found", "expected"),
    [
        ("retry.attempts", said("measured", 4), Verdict.RIGHT),
        ("retry.attempts", said("measured", 3), Verdict.WRONG),
        ("retry.attempts", said("undecided"), Verdict.UNDECIDED),
        ("retry.backoff_s", said("measured", 0.149), Verdict.RIGHT),
        ("retry.backoff_s", said("measured", 0.151), Verdict.WRONG),
        ("retry.backoff_s", said("bounded", None, 0.05, 0.2), Verdict.UNDECIDED),
        ("retry.backoff_s", said("bounded", None, 0.12, 0.2), Verdict.WRONG),
        ("retry.growth", said("measured", 2.19), Verdict.RIGHT),
        ("retry.growth", said("measured", 2.3), Verdict.WRONG),
        ("retry.jitter", said("measured", "full"), Verdict.RIGHT),
        ("retry.jitter", said("measured", "none"), Verdict.WRONG),
        ("failures.status", said("measured", [500, 429, 502, 503, 504]), Verdict.RIGHT),
        ("failures.status", said("measured", [500, 502, 503, 504]), Verdict.WRONG),
        ("breaker.open_s", said("measured", 1.64), Verdict.RIGHT),
        ("breaker.open_s", said("measured", 1.66), Verdict.WRONG),
        ("breaker.probes", said("absent"), Verdict.RIGHT),
        ("breaker.probes", said("measured", 3), Verdict.WRONG),
        ("breaker", said("measured", True), Verdict.RIGHT),
        ("breaker", said("absent"), Verdict.WRONG),
        ("cache", said("absent"), Verdict.RIGHT),
        ("cache", said("measured", True), Verdict.WRONG),
    ],
)
def test_a_statement_is_right_wrong_or_undecided(
    name: str, found: Mapping[str, Any], expected: Verdict
) -> None:
    assert verdict(name, found) is expected


def test_what_is_not_there_is_seen_as_at_least_and_never_as_a_number() -> None:
    patient = Numbers(attempts=2, attempt_timeout_s=None)
    name = "retry.attempt_timeout_s"
    assert verdict(name, said("bounded", None, 8.0, None), patient) is Verdict.RIGHT
    assert verdict(name, said("bounded", None, 1.0, 2.0), patient) is Verdict.WRONG
    assert verdict(name, said("measured", 8.0), patient) is Verdict.WRONG


def test_what_the_wire_cannot_show_counts_only_where_it_is_stated_wrongly() -> None:
    once = Numbers(attempts=2, backoff_s=0.1, growth=3.0)
    assert verdict("retry.growth", said("undecided"), once) is None
    assert verdict("retry.growth", said("measured", 3.0), once) is None
    assert verdict("retry.growth", said("measured", 2.0), once) is Verdict.WRONG


def test_an_identifiable_parameter_that_is_not_looked_for_is_undecided() -> None:
    judged = {one.name: one for one in judge.parameters({}, truths(NUMBERS))}
    assert judged["breaker.open_s"].verdict is Verdict.UNDECIDED
    assert judged["breaker.open_s"].said == "not looked for"


def test_the_matrix_is_held_to_the_statuses_that_are_repeated() -> None:
    expected = attempts(NUMBERS, resends=False)
    assert (expected["503"], expected["404"], expected["garbage"]) == (4, 1, 4)
    assert "closed" not in attempts(NUMBERS, resends=True)
    matrix = {"503": {"attempts": 4}, "404": {"attempts": 2}}
    judged = {one.name: one.verdict for one in judge.behaviour(matrix, expected)}
    assert judged["behaviour.503.attempts"] is Verdict.RIGHT
    assert judged["behaviour.404.attempts"] is Verdict.WRONG
    assert judged["behaviour.500.attempts"] is Verdict.UNDECIDED


def test_a_finding_is_right_missing_or_not_deserved() -> None:
    deserved = findings(NUMBERS)
    assert deserved["probes-uncapped"]
    assert not deserved["no-breaker"]
    found = [{"id": "no-breaker", "evidence": "nothing opened"}]
    judged = {one.name: one.verdict for one in judge.findings(found, deserved)}
    assert judged == {
        "findings.no-breaker": Verdict.WRONG,
        "findings.probes-uncapped": Verdict.UNDECIDED,
    }


def test_each_defect_deserves_the_finding_that_it_is_named_for() -> None:
    for case in cases(seed=7):
        deserved = {name for name, is_deserved in findings(case.numbers).items() if is_deserved}
        if case.defect:
            assert case.defect in deserved, case.name
        elif case.language not in ("library", "express"):
            assert deserved <= {"no-jitter", "no-deadline"}, case.name


def test_numbers_come_from_the_seed_and_through_the_environment() -> None:
    assert cases(seed=1) == cases(seed=1)
    assert cases(seed=1) != cases(seed=2)
    for case in cases(seed=3):
        assert Numbers.from_env(case.numbers.as_env()) == case.numbers


def test_there_are_enough_consumers_in_three_languages() -> None:
    found = cases(seed=1)
    assert sum(not case.defect for case in found) >= 12
    assert sum(bool(case.defect) for case in found) >= 20
    assert {case.language for case in found} >= {"python", "node", "go", "library", "java"}
    assert len({case.name for case in found}) == len(found)


def test_a_twin_breaks_a_promise_that_was_measured_and_is_declared() -> None:
    inferred = {
        "retry.attempts": said("measured", 4),
        "retry.backoff_s": said("bounded", None, 0.1, 0.3),
        "retry.jitter": said("measured", "full"),
        "breaker.failures": said("measured", 3),
        "breaker.open_s": said("bounded", None, 1.0, 3.0),
    }
    sections = {"retry": {"attempts": 4, "jitter": "full"}}
    broken = {twin.name for twin in TWINS if is_broken_by(twin, NUMBERS, inferred, sections)}
    assert broken == {"one-attempt-more"}
    sections["retry"]["backoff_s"] = 0.2
    broken = {twin.name for twin in TWINS if is_broken_by(twin, NUMBERS, inferred, sections)}
    assert broken == {"one-attempt-more", "no-jitter"}


def test_each_twin_is_another_consumer() -> None:
    whole = Numbers(**{**asdict(NUMBERS), "probes": 2, "ttl_s": 2.0, "single_flight": True})
    assert all(twin.changed(whole) != whole for twin in TWINS)


def test_drawn_times_are_short() -> None:
    for seed in range(50):
        numbers = draw(random.Random(seed))
        assert numbers.open_s <= 3
        assert (numbers.attempt_timeout_s or 9) <= 1
