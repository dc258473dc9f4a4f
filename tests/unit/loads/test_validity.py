"""A run that can't be believed isn't the same as one that failed, with its reason."""

from typing import Any

import pytest

from seatrial.loads.histograms import Durations
from seatrial.loads.limits import Limits
from seatrial.loads.stats import Counts
from seatrial.loads.validity import arrivals_per_s, cpu_share, invalid_reasons
from tests.unit.loads.planted import PLAN, arrivals_of, run_of


def _reason(**changes: Any) -> str:
    reasons = invalid_reasons(run_of(arrivals_of()[0], **changes))
    assert len(reasons) == 1, reasons
    return reasons[0]


def test_a_right_run_has_no_reason_against_it() -> None:
    run = run_of(arrivals_of()[0])
    assert invalid_reasons(run) == ()
    assert arrivals_per_s(run) == pytest.approx(run.planned / PLAN.duration_s)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interrupted": True}, "interrupted"),
        ({"exit_status": None}, "did not end in time"),
        ({"workers": 2, "finished": 1}, "only 1 of 2"),
        ({"target_listens": False}, "nobody listens"),
        ({"cpu_by_worker_s": (4.5,)}, "of a core"),
    ],
)
def test_each_defect_of_the_run_is_named(changes: dict[str, Any], said: str) -> None:
    assert said in _reason(**changes)


def test_a_dropped_arrival_makes_the_run_invalid() -> None:
    sent = len(arrivals_of()[0])
    assert "1 arrivals were dropped" in _reason(counts=Counts(sent, sent, 1))


def test_counts_that_do_not_add_up_make_it_invalid() -> None:
    sent = len(arrivals_of()[0])
    assert "don't add up" in _reason(counts=Counts(sent + 1, sent, 0))
    assert "don't add up" in _reason(counts=Counts(sent, sent - 1, 0))


def test_a_request_that_never_ended_makes_it_invalid() -> None:
    arrivals = arrivals_of()[0]
    arrivals[-1] = arrivals[-1]._replace(answered_s=None, outcome="unanswered", ok=False)
    reasons = invalid_reasons(run_of(arrivals))
    assert reasons == ("1 requests were never counted as ended; see Locust's log",)


def test_a_rate_that_is_off_by_more_than_3_percent_makes_it_invalid() -> None:
    arrivals = arrivals_of()[0]
    most = round(len(arrivals) * 0.98)
    assert invalid_reasons(run_of(arrivals[:most])) == ()
    fewer = invalid_reasons(run_of(arrivals[: round(len(arrivals) * 0.95)]))
    assert len(fewer) == 1
    assert "per second" in fewer[0]


def test_a_source_that_ends_late_had_a_lower_rate() -> None:
    arrivals = [
        one._replace(sent_s=one.sent_s + 0.08 * number / 100)
        for number, one in enumerate(arrivals_of()[0])
    ]
    assert any("per second" in reason for reason in invalid_reasons(run_of(arrivals)))


def test_a_stall_at_the_end_within_the_lag_limit_is_not_a_lower_rate() -> None:
    arrivals = arrivals_of()[0]
    arrivals[-1] = arrivals[-1]._replace(sent_s=arrivals[-1].sent_s + 0.4)
    assert invalid_reasons(run_of(arrivals)) == ()
    strict = invalid_reasons(run_of(arrivals), Limits(hit_p99_max_ms=200.0))
    assert any("per second" in reason for reason in strict)


def test_too_few_answers_make_it_invalid() -> None:
    reasons = invalid_reasons(run_of(arrivals_of()[0][:150]))
    assert any("150 answers are too few" in reason for reason in reasons)


def test_a_generator_that_sends_late_makes_it_invalid() -> None:
    late = run_of(arrivals_of(lag_s=0.6)[0])
    assert any("late" in reason for reason in invalid_reasons(late))
    slightly = run_of(arrivals_of(lag_s=0.02)[0])
    assert invalid_reasons(slightly) == ()
    strict = invalid_reasons(slightly, Limits(hit_p99_max_ms=200.0))
    assert any("10 ms is the limit" in reason for reason in strict)


def test_a_target_that_answered_nothing_makes_it_invalid() -> None:
    arrivals = [one._replace(outcome="no-answer", ok=False) for one in arrivals_of()[0]]
    reasons = invalid_reasons(run_of(arrivals))
    assert any("answered nothing" in reason for reason in reasons)


def test_cpu_is_counted_for_each_process() -> None:
    run = run_of(arrivals_of()[0], cpu_by_worker_s=(2.5, 1.0), workers=2, finished=2)
    assert cpu_share(run) == pytest.approx(0.5, rel=0.01)


@pytest.mark.parametrize(
    ("where", "said"),
    [("own_delay", "late by the generator's own doing"), ("beat", "loop stood still")],
)
def test_a_generator_that_reads_late_is_invalid_though_it_sent_on_time(
    where: str, said: str
) -> None:
    run = run_of(arrivals_of()[0])
    held: Durations = getattr(run.stats, where)
    for _ in range(97):
        held.record_s(0.001)
    assert invalid_reasons(run, Limits(deadline_s=1.0)) == ()
    for _ in range(3):
        held.record_s(0.3)
    (reason,) = invalid_reasons(run, Limits(deadline_s=1.0))
    assert said in reason
    assert invalid_reasons(run, Limits(error_ratio_max=0.0)) == ()  # no time is judged
