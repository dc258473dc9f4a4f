"""`pytest chaos`: each scenario on each edge of the configuration, and each negative control.

What is selected runs concurrently, as by `seatrial chaos run`, when its first test begins.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from seatrial.config import CONFIG_NAME, load_config
from seatrial.faults import open_engine
from seatrial.results import Check, Verdict
from seatrial.scenarios import ChaosRun, run_chaos, usable_scenarios
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

ROOT = Path(__file__).parents[1]
CONFIG = load_config(ROOT / CONFIG_NAME)
SCENARIOS = usable_scenarios(ROOT)
RUNS = [(edge, name) for edge in CONFIG.edges for name in SCENARIOS]
CONTROLS = [(edge, name) for edge, one in CONFIG.edges.items() for name in one.controls]
pytestmark = pytest.mark.timeout(900)


def _selected(items: Sequence[pytest.Item], edge: str, kind: str) -> list[str]:
    """What the tests that were selected are about: names of scenarios, or of controls."""
    params = [item.callspec.params for item in items if isinstance(item, pytest.Function)]
    return [str(found[kind]) for found in params if found.get("edge") == edge and kind in found]


@pytest.fixture(scope="session")
def runs(request: pytest.FixtureRequest) -> dict[str, ChaosRun]:
    """What all that was selected says, by edge."""
    items = request.session.items
    engine = request.config.getoption("seatrial_engine")
    found: dict[str, ChaosRun] = {}
    with Session() as session, open_engine(session, engine) as opened:
        launcher = Launcher(session, CONFIG, ROOT)
        for edge in CONFIG.edges:
            names = _selected(items, edge, "scenario")
            controls = _selected(items, edge, "control")
            if names or controls:
                testbed = WireTestbed(launcher, opened, edge)
                scenarios = [SCENARIOS[name] for name in names or SCENARIOS]
                found[edge] = run_chaos(testbed, scenarios, controls=bool(controls))
    return found


def _hold(checks: Sequence[Check], invalid: Sequence[str]) -> None:
    """Fail with the sentences of what failed; skip where nothing could be judged."""
    if invalid:
        pytest.fail("invalid: " + "; ".join(invalid), pytrace=False)
    runs = [f"{one.id} {one.verdict}: {one.explanation} (rerun: {one.rerun})" for one in checks]
    if any(one.verdict is Verdict.FAILED for one in checks):
        failed = [text for one, text in zip(checks, runs, strict=True) if one.verdict == "failed"]
        pytest.fail("\n".join(failed), pytrace=False)
    if not any(one.verdict is Verdict.PASSED for one in checks):
        pytest.skip("; ".join(runs) or "nothing ran")


@pytest.mark.parametrize(("edge", "scenario"), RUNS)
def test_scenario(runs: dict[str, ChaosRun], edge: str, scenario: str) -> None:
    prefix = f"chaos.{scenario}"
    run = runs[edge]
    checks = [one for one in run.checks if one.id == prefix or one.id.startswith(prefix + ".")]
    _hold(checks, [said for said in run.invalid if said.startswith(f"{edge}/{scenario}:")])


@pytest.mark.parametrize(("edge", "control"), CONTROLS)
def test_negative_control(runs: dict[str, ChaosRun], edge: str, control: str) -> None:
    run = runs[edge]
    _hold([one for one in run.checks if one.id == f"control.{control}"], run.invalid)
