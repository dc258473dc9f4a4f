"""The picture of a scenario's run: one clock that begins at zero, every fault on it."""

import pytest

from seatrial.checks import Attempt, Call, Evidence, Fault, Outcome, phases
from seatrial.config import DeclaredBreaker, DeclaredFailures, DeclaredPolicy
from seatrial.scenarios.timeline import timeline

EVIDENCE = Evidence(
    policy=DeclaredPolicy(breaker=DeclaredBreaker(failures=1, open_s=2.0)),
    calls=(
        Call("u1", phases.FAILING, 100.0, 100.5, "failed", 503),
        Call("u2", phases.OPEN, 101.0, 101.1, "other", None, "ReadTimeout: "),
    ),
    attempts=(Attempt("u1", 100.1, None, None, "reset"),),
    faults=(Fault("down", 99.5, 100.6),),
)


def test_it_begins_at_zero_with_the_first_event() -> None:
    spans = timeline(EVIDENCE, "a scenario").spans
    assert min(span.start_s for span in spans) == 0.0
    assert [(span.label, span.end_s) for span in spans if span.lane == "faults"] == [("down", 1.1)]


def test_the_declared_open_time_begins_when_the_tripping_call_ended() -> None:
    declared = [span for span in timeline(EVIDENCE, "").spans if span.lane == "declared"]
    assert [(span.start_s, span.end_s) for span in declared] == [(1.0, 3.0)]


def test_an_attempt_without_an_answer_and_a_call_without_one_say_so() -> None:
    spans = timeline(EVIDENCE, "").spans
    assert [span.outcome for span in spans if span.lane == "wire"] == ["no answer"]
    assert "open: ReadTimeout: " in [span.label for span in spans]


def test_no_evidence_is_an_empty_picture() -> None:
    assert timeline(Evidence(DeclaredPolicy(), (), ()), "").spans == ()


@pytest.mark.parametrize(
    ("outcome", "status", "meaning"),
    [
        ("good", 200, "good"),
        ("cached", 200, "good"),
        ("stale", 200, "degraded"),
        ("degraded", 200, "degraded"),
        ("missing", 404, "missing"),
        ("other", 401, "refused"),
        ("other", 500, "failed"),
        ("other", None, "failed"),
        ("failed", 503, "failed"),
    ],
)
def test_a_call_means_what_its_edge_declares(
    outcome: Outcome, status: int | None, meaning: str
) -> None:
    call = Call("u", phases.UNKNOWN, 0.0, 1.0, outcome, status)
    assert timeline(Evidence(DeclaredPolicy(), (call,), ()), "").spans[0].meaning == meaning


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        (200, "good"),
        (404, "missing"),
        (400, "refused"),
        (401, "refused"),
        (429, "refused"),
        (409, "failed"),
        (500, "failed"),
        (None, "failed"),
    ],
)
def test_an_answer_of_the_provider_means_what_the_policy_declares(
    status: int | None, meaning: str
) -> None:
    policy = DeclaredPolicy(failures=DeclaredFailures(status=(409, 503)))
    attempt = Attempt("u", 0.0, 0.1, status)
    assert timeline(Evidence(policy, (), (attempt,)), "").spans[0].meaning == meaning


def test_a_fault_says_its_values() -> None:
    evidence = Evidence(
        DeclaredPolicy(), (), (), faults=(Fault("latency", 0, 1, text="latency delay 2 s"),)
    )
    assert timeline(evidence, "").spans[0].label == "latency delay 2 s"
