"""A breaker that opens by a rate of failures is judged by that rate, and another one is caught."""

from collections.abc import Mapping

import pytest

from seatrial.config import DeclaredBreaker, DeclaredRate, load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import Part, load_scenarios, run_parts
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from tests.defects.run import HERE, ROOT

NAMES = ("failure_rate", "provider_down", "unknown_entities", "probe_fails")
RATE = DeclaredRate(failures=0.5, minimum_calls=3, window_calls=20)


@pytest.fixture(scope="module")
def found() -> Mapping[tuple[str, str, str], Verdict]:
    """The verdicts on a consumer that counts a rate, and on one that counts failures in a row."""
    config = load_config(HERE / "seatrial.toml")
    edge = config.edges["things"]
    breaker = DeclaredBreaker(rate=RATE, open_s=1.0, successes=2, probes=2)
    policy = edge.policy.model_copy(update={"breaker": breaker})
    edges = {"things": edge.model_copy(update={"policy": policy})}
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, config.model_copy(update={"edges": edges}), HERE)
        scenarios = load_scenarios(ROOT / "chaos")
        parts = [
            Part(scenarios[name], defect, {"DEFECT": defect})
            for defect in ("counts-a-rate", "")
            for name in NAMES
        ]
        batch = run_parts(WireTestbed(launcher, engine, "things"), parts)
    assert batch.invalid == []
    return {
        (one.part.control or "", one.part.scenario.name, check): finding.verdict
        for one in batch.runs
        for check, finding in one.findings.items()
    }


@pytest.mark.timeout(180)
def test_a_right_breaker_keeps_all_that_is_declared(
    found: Mapping[tuple[str, str, str], Verdict],
) -> None:
    mine = {key[1:]: verdict for key, verdict in found.items() if key[0] == "counts-a-rate"}
    assert mine["failure_rate", "stays-closed-below-rate"] is Verdict.PASSED
    assert mine["provider_down", "opens-at-threshold"] is Verdict.PASSED
    assert Verdict.FAILED not in mine.values()


def test_a_breaker_that_counts_failures_in_a_row_opens_below_the_rate(
    found: Mapping[tuple[str, str, str], Verdict],
) -> None:
    assert found["", "failure_rate", "stays-closed-below-rate"] is Verdict.FAILED
