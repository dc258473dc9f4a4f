"""A limit that broke for want of a processor isn't failed; one kept in spite of it is kept."""

from dataclasses import replace
from pathlib import Path

import pytest

from seatrial.loads.profile import Limits, Phase, Profile
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import judge_run
from seatrial.results import Verdict
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
