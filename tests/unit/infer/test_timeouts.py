"""What is concluded from attempts that get no answer."""

from dataclasses import replace

from seatrial.infer.experiment import Known
from seatrial.infer.experiments.timeouts import Timeouts
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial, known, value_of


def hang(*lives_s: float) -> Trial:
    waits = (0.1,) * (len(lives_s) - 1)
    return PlantedTrial("hang").call(*lives_s, waits_s=waits, given_up=True).trial()


def shifted(first_s: float, *lives_s: float) -> Trial:
    """A first attempt that the provider ends, and others that get no answer."""
    ended = PlantedTrial("shifted").call(first_s, *lives_s, given_up=True).trial()
    first = replace(ended.attempts[0], given_up_s=None)
    return replace(ended, attempts=(first, *ended.attempts[1:]))


def unanswered(waited_s: float) -> Trial:
    """A call that its caller gave up, and its attempt never."""
    planted = PlantedTrial("hang")
    return planted.call(waited_s, status=None, outcome="other").trial()


def drip(*lives_s: float, given_up: bool, interval_s: float = 0.1) -> Trial:
    return PlantedTrial("drip").call(*lives_s, given_up=given_up).trial(interval_s=interval_s)


def concluded(*trials: Trial, before: Known | None = None) -> dict[str, Inferred]:
    return dict(Timeouts().conclude(trials, before or known()).parameters)


def test_attempts_that_are_given_up_and_followed_by_others_show_their_timeout() -> None:
    found = concluded(hang(1, 1, 1), hang(1, 1, 1))["retry.attempt_timeout_s"]
    assert found.is_measured
    assert abs(value_of(found) - 1) < 0.01


def waited(*lives_s: float) -> Trial:
    """A call whose connections end as its next attempts begin, as urllib3's do."""
    return PlantedTrial("hang").call(*lives_s, given_up=True).trial()


def test_connections_that_end_as_the_next_attempt_begins_do_not_hide_the_timeout() -> None:
    found = concluded(waited(0.7, 1.0, 1.3, 0.7), waited(0.7, 1.0, 1.3, 0.71))
    assert abs(value_of(found["retry.attempt_timeout_s"]) - 0.7) < 0.02
    assert found["retry.attempt_timeout_s"].is_measured


def test_timeouts_that_grow_are_not_said_to_be_one() -> None:
    found = concluded(waited(0.7, 1.0, 1.3, 1.6), waited(0.7, 1.0, 1.3, 1.6))
    assert found["retry.attempt_timeout_s"].certainty is Certainty.BOUNDED


def test_a_last_attempt_that_is_cut_short_twice_after_the_same_time_is_a_deadline() -> None:
    found = concluded(hang(1, 0.5), hang(1, 0.5), shifted(0.5, 1.0))
    assert found["retry.deadline_s"].value == 1.6
    assert found["retry.attempt_timeout_s"].value == 1.0


def test_a_call_that_takes_longer_than_the_cut_one_is_no_deadline() -> None:
    found = concluded(hang(1, 0.5), hang(1, 1, 1))
    assert found["retry.deadline_s"].certainty is Certainty.UNDECIDED


def test_whole_attempts_bound_the_deadline_from_below() -> None:
    found = concluded(hang(1, 1, 1), hang(1, 1, 1))["retry.deadline_s"]
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)


def test_the_only_attempt_of_a_call_may_have_been_ended_by_either() -> None:
    found = concluded(hang(2), hang(2))
    assert found["retry.attempt_timeout_s"].certainty is Certainty.UNDECIDED
    assert found["retry.deadline_s"].certainty is Certainty.UNDECIDED


def test_a_first_attempt_that_fails_earlier_tells_the_deadline() -> None:
    found = concluded(hang(2), hang(2), shifted(1, 1))
    assert found["retry.deadline_s"].value == 2.0
    assert found["retry.attempt_timeout_s"].certainty is Certainty.BOUNDED


def test_a_first_attempt_that_fails_earlier_tells_the_attempts_timeout() -> None:
    found = concluded(hang(2), hang(2), shifted(1, 2))
    assert found["retry.attempt_timeout_s"].value == 2.0


def test_where_one_attempt_is_all_its_timeout_is_measured() -> None:
    found = concluded(hang(2), hang(2), before=known(attempts=1))
    assert found["retry.attempt_timeout_s"].value == 2.0


def test_an_attempt_that_nobody_gives_up_has_no_bound_as_far_as_was_waited() -> None:
    found = concluded(unanswered(8), unanswered(8))["retry.attempt_timeout_s"]
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 8, None)


def test_a_dripping_body_that_is_given_up_in_time_is_covered() -> None:
    found = concluded(hang(1, 1, 1), hang(1, 1, 1), drip(1, 1, 1, given_up=True))
    assert found["retry.attempt_timeout_covers_body"].value is True


def test_a_dripping_body_that_is_read_to_its_end_is_not_covered() -> None:
    found = concluded(hang(1, 1, 1), hang(1, 1, 1), drip(4, given_up=False))
    assert found["retry.attempt_timeout_covers_body"].value is False


def test_a_dripping_body_that_ends_a_little_late_says_nothing() -> None:
    found = concluded(hang(1, 1, 1), hang(1, 1, 1), drip(1.5, given_up=True))
    assert found["retry.attempt_timeout_covers_body"].certainty is Certainty.UNDECIDED


def test_connections_that_are_closed_late_are_no_later_timeout() -> None:
    """As of urllib3: the second attempt's socket is closed only after the wait that follows it."""
    hung = hang(0.53, 0.69, 0.53)
    found = concluded(hung, hung, shifted(0.3, 0.69, 0.53))
    assert abs(value_of(found["retry.attempt_timeout_s"]) - 0.53) < 0.02
    assert (found["retry.deadline_s"].certainty, found["retry.deadline_s"].high) == (
        Certainty.BOUNDED,
        None,
    )


def test_last_attempts_that_a_deadline_cut_say_no_timeout() -> None:
    found = concluded(hang(0.4, 0.24), hang(0.41, 0.24), shifted(0.2, 0.4))
    assert abs(value_of(found["retry.attempt_timeout_s"]) - 0.4) < 0.02


def test_a_request_that_arrived_late_is_outvoted() -> None:
    found = concluded(hang(0.28, 0.58, 0.58), hang(0.58, 0.59, 0.58))
    assert abs(value_of(found["retry.attempt_timeout_s"]) - 0.58) < 0.02


def test_the_http_librarys_resending_makes_a_single_attempt_no_retry() -> None:
    """As of aiohttp: it sends again once, at once, on another connection, in the same time."""
    rows = {kind: Behaviour(attempts=1) for kind in ("503", "500", "502", "504", "429")}
    unsure = {"retry.attempts": Inferred.undecided("resent")}
    before = Known({**known().parameters, **unsure}, {**rows, "closed": Behaviour(attempts=2)})
    found = concluded(hang(0.44), hang(0.44), shifted(0.22, 0.22), before=before)
    assert found["retry.attempt_timeout_s"].value == 0.44
    assert found["retry.deadline_s"].certainty is Certainty.UNDECIDED
