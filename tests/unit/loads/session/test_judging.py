"""A limit that broke for want of a processor isn't failed; one kept in spite of it is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.loads.profile import Limits, Phase, Profile
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import judge_run
from seatrial.reports.evidence_text import curl_line
from seatrial.results import HttpExchange, Verdict
from tests.unit.loads.planted import arrivals_of, evidence_of, run_of


def _job(limits: Limits) -> LoadJob:
    profile = Profile(title="x", phases=(Phase("steady", 5, 200),), limits=limits)
    return LoadJob("cards", Path("load/cards.py"), profile)


SLOW = Limits(goodput_min=0.99, deadline_s=0.01)
FAST = Limits(goodput_min=0.99, deadline_s=1.0)


@pytest.mark.parametrize(
    ("limits", "wait_ratio", "verdict"),
    [
        (SLOW, None, "failed"),
        (SLOW, 0.2, "failed"),
        (SLOW, 0.8, "invalid"),
        (FAST, 0.8, "passed"),
        (Limits(hit_ratio_min=0.999), 0.8, "failed"),  # which a busy machine doesn't change
    ],
)
def test_a_starved_target_is_no_failure(
    limits: Limits, wait_ratio: float | None, verdict: str
) -> None:
    run = replace(run_of(arrivals_of()[0]), target_wait_ratio=wait_ratio)
    result = judge_run(evidence_of(run, None), _job(limits))
    assert bool(result.invalid) == (verdict == "invalid"), result.invalid
    failed = any(one.verdict is Verdict.FAILED for one in result.checks)
    assert failed == (verdict == "failed")
    if verdict == "invalid":
        assert "load.goodput failed, but what is under load waited" in result.invalid[0]


def test_a_failed_check_of_errors_shows_the_request_that_failed_most_often() -> None:
    arrivals = arrivals_of()[0]
    outcomes = ("http-503", "http-503", "http-500")
    for place, outcome in enumerate(outcomes):
        arrivals[place] = arrivals[place]._replace(outcome=outcome, ok=False)
    run = run_of(arrivals)
    for outcome in outcomes:
        run.stats.failed[outcome] = {
            "method": "GET",
            "url": f"http://127.0.0.1/{outcome}",
            "status": int(outcome[-3:]),
            "took_s": 0.1,
        }
    shown = {
        most: [
            one
            for check in judge_run(
                evidence_of(run, None), _job(Limits(error_ratio_max=most))
            ).checks
            for one in check.evidence
            if isinstance(one, HttpExchange)
        ]
        for most in (0.0, 0.5)
    }
    (exchange,) = shown[0.0]
    assert exchange.title == "the first of 2 requests that ended as http-503"
    assert curl_line(exchange) == "curl -i http://127.0.0.1/http-503"
    assert shown[0.5] == []
