"""The reference system's user edge in virtual time, with the design's own numbers."""

from pathlib import Path

import pytest

from seatrial.config import load_config
from seatrial.results import Verdict
from seatrial.scenarios import Part, usable_scenarios
from seatrial.virtual import VirtualFigures, VirtualTestbed, run_parts_virtually

ROOT = Path(__file__).parents[3]


@pytest.fixture
def testbed() -> VirtualTestbed:
    return VirtualTestbed(load_config(ROOT / "seatrial.toml", virtual=True), ROOT, "card")


def test_a_minute_of_open_time_passes_in_no_time(testbed: VirtualTestbed) -> None:
    figures = VirtualFigures()
    part = Part(usable_scenarios(ROOT)["provider_back"], None, {})
    batch = run_parts_virtually(testbed, [part], figures=figures)
    assert batch.invalid == []
    verdicts = {check: one.verdict for check, one in batch.runs[0].findings.items()}
    assert set(verdicts.values()) == {Verdict.PASSED}
    assert testbed.edge.policy.breaker is not None
    assert testbed.edge.policy.breaker.open_s == 60
    assert figures.virtual_s > 2 * 60


def test_the_designs_client_is_found_out(testbed: VirtualTestbed) -> None:
    part = Part(usable_scenarios(ROOT)["provider_down"], "design", {"USER_CLIENT": "design"})
    batch = run_parts_virtually(testbed, [part])
    assert batch.invalid == []
    findings = batch.runs[0].findings
    failed = {check for check, one in findings.items() if one.verdict is Verdict.FAILED}
    assert failed == {"opens-at-threshold", "answers-as-declared-while-down"}
