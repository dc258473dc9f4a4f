"""What is concluded from two calls that failed in each way."""

from seatrial.infer.experiment import Known
from seatrial.infer.experiments.attempts import Attempts
from seatrial.infer.kinds import KINDS
from seatrial.infer.parameters import Certainty
from tests.unit.infer.planted import PlantedTrial


def seen(counts: dict[str, tuple[int, int]], usual: tuple[int, int]) -> Known:
    """Conclude from two calls of each kind that sent this many requests each."""
    trials = []
    for kind in KINDS:
        if kind == "hang":
            continue
        planted = PlantedTrial(kind)
        for count in counts.get(kind, usual):
            planted.call(*[0.01] * count)
        trials.append(planted.trial())
    return Attempts().conclude(trials, Known())


def test_what_every_kind_sends_is_the_number_of_attempts() -> None:
    known = seen({}, usual=(3, 3))
    assert known.parameters["retry.attempts"].value == 3
    assert known.behaviour["502"].attempts == 3


def test_a_call_that_a_breaker_may_have_cut_is_undecided() -> None:
    known = seen({}, usual=(3, 0))
    assert known.parameters["retry.attempts"].certainty is Certainty.UNDECIDED
    assert known.behaviour["503"].attempts is None


def test_a_second_call_that_was_cut_shows_that_the_first_was_not() -> None:
    assert seen({}, usual=(3, 2)).parameters["retry.attempts"].value == 3


def test_one_attempt_for_everything_is_no_retry() -> None:
    known = seen({}, usual=(1, 1))
    assert known.parameters["retry.attempts"].value == 1
    assert known.parameters["failures.status"].certainty is Certainty.ABSENT


def test_kinds_that_differ_bound_the_number() -> None:
    known = seen({"500": (6, 6)}, usual=(3, 3))
    found = known.parameters["retry.attempts"]
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 3, 6)


def test_statuses_that_are_repeated_are_named() -> None:
    once = {kind: (1, 1) for kind in KINDS if kind.isdigit() and kind not in ("503", "429")}
    assert seen(once, usual=(2, 2)).parameters["failures.status"].value == (429, 503)


def test_a_refused_connection_is_not_counted_as_no_attempt() -> None:
    assert seen({"refused": (0, 0)}, usual=(2, 2)).behaviour["refused"].attempts is None


def test_connections_that_end_are_repeated_like_statuses_or_not_at_all() -> None:
    found = seen({}, usual=(3, 3)).parameters
    assert found["failures.retried.connection_errors"].value is True
    assert found["retry.connection_resends"].value == 0
    found = seen({"closed": (1, 1), "reset": (1, 1)}, usual=(3, 3)).parameters
    assert found["failures.retried.connection_errors"].value is False


def test_requests_beyond_the_attempts_are_the_http_librarys() -> None:
    found = seen({"closed": (4, 4), "reset": (4, 4)}, usual=(3, 3)).parameters
    assert found["retry.connection_resends"].certainty is Certainty.BOUNDED
    assert found["retry.attempts"].value == 3


def test_what_is_sent_again_only_where_a_connection_ends_is_no_retry() -> None:
    once = {kind: (1, 1) for kind in KINDS if kind not in ("closed", "reset")}
    found = seen(once, usual=(2, 2)).parameters
    assert found["retry.attempts"].certainty is Certainty.UNDECIDED
