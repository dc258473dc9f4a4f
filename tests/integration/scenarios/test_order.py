"""A scenario's verdicts are the same alone and after any others, in whatever order."""

import random
from collections.abc import Iterator, Sequence

import pytest

from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import Part, load_scenarios, run_parts
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from tests.defects.run import HERE, ROOT

NAMES = ("many_callers", "flapping", "cancelled_callers", "unknown_entities")
"""Quick ones, two of which send a consumer many good calls: a breaker with a window remembers."""
CONSUMERS = ("", "counts-a-rate", "success-does-not-reset")
Verdicts = dict[tuple[str, str, str], Verdict]


@pytest.fixture(scope="module")
def testbed() -> Iterator[WireTestbed]:
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, load_config(HERE / "seatrial.toml"), HERE)
        yield WireTestbed(launcher, engine, "things")


def verdicts(testbed: WireTestbed, names: Sequence[str], defect: str, workers: int) -> Verdicts:
    """Run these scenarios on a consumer, in this order."""
    scenarios = load_scenarios(ROOT / "chaos")
    parts = [Part(scenarios[name], defect or None, {"DEFECT": defect}) for name in names]
    batch = run_parts(testbed, parts, workers=workers)
    assert batch.invalid == []
    return {
        (defect, one.part.scenario.name, check): finding.verdict
        for one in batch.runs
        for check, finding in one.findings.items()
    }


@pytest.mark.timeout(180)
@pytest.mark.parametrize("defect", CONSUMERS)
def test_the_order_changes_no_verdict(testbed: WireTestbed, defect: str) -> None:
    alone: Verdicts = {}
    for name in NAMES:
        alone |= verdicts(testbed, [name], defect, 1)
    for seed, workers in ((1, 1), (2, 2)):
        order = random.Random(seed).sample(NAMES, len(NAMES))
        assert verdicts(testbed, order, defect, workers) == alone, order
    if defect:
        assert alone[defect, "flapping", "success-resets-count"] is Verdict.FAILED
