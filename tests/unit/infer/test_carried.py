"""What is concluded from the headers of attempts, and from failures a breaker counts."""

from seatrial.infer.experiments.counted import Counted
from seatrial.infer.experiments.headers import DEADLINES, Headers
from seatrial.infer.experiments.refusals import Refusals
from seatrial.infer.experiments.traceparent import Traceparent
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known

NONE = dict.fromkeys(DEADLINES, 0.0)


def carried(planted: PlantedTrial, **found: float) -> dict[str, Inferred]:
    trial = planted.trial(by_entity={**NONE, **found})
    return dict(Headers().conclude([trial], known()).parameters)


def keyed(*keys: tuple[str | None, str | None]) -> PlantedTrial:
    planted = PlantedTrial("carried")
    for pair in keys:
        planted.call(0.001, 0.001, keys=pair)
    return planted


def test_one_key_for_all_attempts_of_a_call_is_carried() -> None:
    found = carried(keyed(("a", "a"), ("b", "b")))
    assert found["idempotency.header"].value == "Idempotency-Key"


def test_keys_that_change_between_attempts_are_none() -> None:
    found = carried(keyed(("a", "b"), ("c", "d")))["idempotency.header"]
    assert found.certainty is Certainty.ABSENT
    assert "different keys" in found.why


def test_one_key_for_different_calls_is_none() -> None:
    found = carried(keyed(("a", "a"), ("a", "a")))["idempotency.header"]
    assert found.certainty is Certainty.ABSENT


def test_a_trace_id_comes_through_or_another_one_does() -> None:
    through = PlantedTrial("carried").call(0.001, 0.001, trace_id="t")
    assert carried(through)["trace.header"].value == "x-trace-id"
    another = PlantedTrial("carried").call(0.001, 0.001, trace_id="other")
    assert carried(another)["trace.header"].certainty is Certainty.ABSENT
    none = PlantedTrial("carried").call(0.001, 0.001)
    assert carried(none)["trace.header"].certainty is Certainty.UNDECIDED


def failed(kind: str, *, opens: bool, late_s: float = 0.0) -> Trial:
    planted = PlantedTrial(kind)
    for _ in range(5):
        planted.call(0.001)
    planted.wait(late_s)
    planted.silent() if opens else planted.good()
    return planted.trial(open_s=1.0)


def counted(trial: Trial) -> bool | None:
    threshold = Inferred.measured(5, "", observations=2)
    before = known({"breaker.failures": threshold})
    return Counted().conclude([trial], before).behaviour[trial.label].counted


def test_failures_after_which_a_call_sends_nothing_are_counted() -> None:
    assert counted(failed("503", opens=True)) is True
    assert counted(failed("404", opens=False)) is False
    assert counted(failed("503", opens=False, late_s=2.0)) is None  # it may have closed again


def test_a_cached_answer_afterwards_says_nothing() -> None:
    planted = PlantedTrial("503").call(0.001).good(sent=0)
    assert counted(planted.trial(open_s=1.0)) is None


def test_refused_connections_that_took_longer_than_it_stays_open_say_nothing() -> None:
    assert counted(failed("refused", opens=False, late_s=2.0)) is None


def traceparent(same: int, any_one: int) -> Inferred:
    before = {"trace.header": Inferred.undecided("no request carries x-trace-id")}
    trial = PlantedTrial("carried").good().trial(same=same, any=any_one)
    return Traceparent().conclude([trial], known(before)).parameters["trace.header"]


def test_a_traceparent_that_comes_through_is_the_trace_header() -> None:
    assert traceparent(3, 3).value == "traceparent"


def test_a_traceparent_with_another_id_is_none_and_a_rare_one_undecided() -> None:
    assert traceparent(0, 3).certainty is Certainty.ABSENT
    assert traceparent(0, 0).certainty is Certainty.UNDECIDED
    assert traceparent(2, 3).certainty is Certainty.UNDECIDED


def test_an_id_that_is_known_to_come_through_needs_no_traceparent() -> None:
    seen = {"trace.header": Inferred.measured("x-trace-id", "", observations=3)}
    assert Traceparent().skipped(known(seen)) is not None


def refusals(*asked_s: float) -> Inferred:
    planted = PlantedTrial("refused")
    for one in asked_s:
        planted.call(retry_after=None if one < 0 else f"{one:g}")
    found = Refusals().conclude([planted.trial()], known())
    return found.parameters["breaker.retry_after"]


def test_refusals_say_when_to_ask_again_or_do_not() -> None:
    assert refusals(2.0, 1.0, 1.0).value is True
    assert refusals(-1.0, -1.0).value is False
    assert refusals(-1.0, 1.0).certainty is Certainty.UNDECIDED
    assert refusals().certainty is Certainty.UNDECIDED
