"""The picture of a scenario's run: one clock that begins at zero, every fault on it."""

from seatrial.checks import Attempt, Call, Evidence, Fault, phases
from seatrial.config import DeclaredBreaker, DeclaredPolicy
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
