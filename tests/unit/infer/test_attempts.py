"""What is concluded from two calls that failed in each way."""

from collections.abc import Mapping

from seatrial.infer.experiment import Known
from seatrial.infer.experiments.attempts import Attempts
from seatrial.infer.experiments.cut_attempts import CutAttempts
from seatrial.infer.kinds import KINDS
from seatrial.infer.parameters import Behaviour, Certainty, Inferred
from seatrial.infer.policy import policy_toml
from seatrial.infer.trials import Trial
from tests.unit.infer.planted import PlantedTrial


def seen(counts: Mapping[str, tuple[int, ...]], usual: tuple[int, int]) -> Known:
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


def test_calls_too_long_to_be_made_twice_are_undecided_for_want_of_patience() -> None:
    trials = [PlantedTrial(kind).call(0.01, 0.01).trial() for kind in ("503", "500", "502", "504")]
    found = Attempts().conclude(trials, Known()).parameters["retry.attempts"]
    assert found.certainty is Certainty.UNDECIDED
    assert "--patience" in found.why


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


def test_a_status_that_was_repeated_once_is_repeated() -> None:
    """As seen: a call that took more than half of patience was made once, with five attempts."""
    once = {kind: (1, 1) for kind in KINDS if kind.isdigit() and kind not in ("503", "500")}
    found = seen(once | {"500": (5,)}, usual=(5, 5))
    assert found.parameters["failures.status"].value == (500, 503)
    assert found.behaviour["500"].attempts is None
    alone = seen(once | {"500": (1,)}, usual=(5, 5)).parameters["failures.status"]
    assert alone.certainty is Certainty.UNDECIDED


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
    resends = found["retry.connection_resends"]
    assert (resends.certainty, resends.value, resends.high) == (Certainty.UNDECIDED, 1, None)
    assert "\nconnection_resends = 1\n" in policy_toml("e", Known(found))  # or its own run fails
    assert found["retry.attempts"].value == 3


def test_what_is_sent_again_only_where_a_connection_ends_is_no_retry() -> None:
    once = {kind: (1, 1) for kind in KINDS if kind not in ("closed", "reset")}
    found = seen(once, usual=(2, 2)).parameters
    assert found["retry.attempts"].certainty is Certainty.UNDECIDED


def test_what_only_a_kept_connection_sends_again_is_the_http_librarys() -> None:
    """As of Go's client without a retry: the second call finds no kept connection."""
    known = seen({"closed": (2, 1), "reset": (2, 1)}, usual=(1, 1))
    assert known.parameters["retry.attempts"].value == 1


def test_a_client_that_always_sends_again_at_once_may_retry() -> None:
    known = seen({"closed": (2, 2), "reset": (2, 2)}, usual=(1, 1))
    assert known.parameters["retry.attempts"].certainty is Certainty.UNDECIDED


def lingering(sent: int, tail_s: float, label: str, lives_s: float = 0.01) -> Trial:
    """Two calls that end some time after their last answer."""
    planted = PlantedTrial(label)
    for _ in range(2):
        planted.call(*[lives_s] * sent, took_s=sent * lives_s + tail_s)
    return planted.trial()


def lingered(slow: Trial) -> Inferred:
    kinds = [kind for kind in KINDS if kind != "hang"]
    found = [lingering(3, 0.4, kind) for kind in kinds]
    return Attempts().conclude([*found, slow], Known()).parameters["retry.attempts"]


def test_a_pause_after_the_last_attempt_is_told_from_a_deadline_by_slower_answers() -> None:
    assert lingered(lingering(3, 0.4, "slowed-503", 0.15)).value == 3
    assert lingered(lingering(3, 0.0, "slowed-503", 0.14)).certainty is Certainty.UNDECIDED
    assert lingered(lingering(2, 0.1, "slowed-503", 0.15)).certainty is Certainty.UNDECIDED


def cut(deadline: Inferred, jitter: str = "none") -> Inferred:
    """Conclude from calls of three attempts in 0.38 s, whose waits double from 0.12 s."""
    parameters = {
        "retry.attempts": Inferred.measured(3, "", observations=8),
        "retry.backoff_s": Inferred.measured(0.12, "", observations=8, low=0.12, high=0.13),
        "retry.growth": Inferred.measured(2.0, "", observations=8, low=1.9, high=2.1),
        "retry.deadline_s": deadline,
        "retry.jitter": Inferred.measured(jitter, "", observations=8),
    }
    rows = {"503": Behaviour(attempts=3, after_s=0.38)}
    return CutAttempts().conclude((), Known(parameters, rows)).parameters["retry.attempts"]


def test_a_deadline_that_leaves_no_time_for_another_attempt_makes_their_number_a_least_one() -> (
    None
):
    """As of axios-retry, whose calls end at once when axios' timeout wouldn't last."""
    found = cut(Inferred.measured(0.5, "", observations=3, low=0.48, high=0.5))
    assert (found.certainty, found.low, found.high) == (Certainty.BOUNDED, 3, None)
    assert cut(Inferred.bounded("", observations=3, low=2.0)).value == 3


def test_waits_that_are_short_by_chance_would_have_left_time_for_another_attempt() -> None:
    deadline = Inferred.bounded("", observations=3, low=0.75)
    assert cut(deadline).certainty is Certainty.BOUNDED
    assert cut(deadline, "equal").value == 3
