"""A consumer that runs already, and was given the proxy's address beforehand, is judged too."""

import socket

import pytest

from seatrial.config import Control, load_config
from seatrial.errors import UsageError
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import Part, load_scenarios, run_chaos, run_parts
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from tests.defects.run import HERE, ROOT

SCENARIOS = (
    "provider_down",
    "flapping",
    "half_open_under_load",
    "garbage",
    "retry_budget",
    "attempts_fail",
)
"""The last one needs the whole budget, which the one before it has spent."""
NOT_DECLARED = {
    ("attempts_fail", "never-repeats-unsafe"),
    ("attempts_fail", "same-key-on-every-attempt"),
}
"""Promises about requests that aren't safe to repeat; the shop's are."""


def test_scenarios_follow_each_other_on_one_consumer(free_port: int) -> None:
    listen = f"127.0.0.1:{free_port}"
    config = load_config(HERE / "seatrial.toml")
    with Session() as session, open_engine(session, "embedded") as engine:
        started = Launcher(session, config, HERE).start("shop", {"THINGS_URL": f"http://{listen}"})
        shop = config.services["shop"].model_copy(update={"command": None, "url": started.url})
        control = Control(explanation="another one", env={"DEFECT": "no-retry"}, fails=("a/b",))
        update = {"listen": listen, "controls": {"other": control}}
        edge = config.edges["things"].model_copy(update=update)
        running = config.model_copy(
            update={"services": {**config.services, "shop": shop}, "edges": {"things": edge}}
        )
        testbed = WireTestbed(Launcher(session, running, HERE), engine, "things")
        scenarios = load_scenarios(ROOT / "chaos")
        batch = run_parts(testbed, [Part(scenarios[name], None, {}) for name in SCENARIOS])
        controlled = run_chaos(testbed, [scenarios["flapping"]])
        with pytest.raises(UsageError, match="shop runs already, so it can't be given DEFECT"):
            testbed.start_consumer(control.env)
        with socket.create_connection(("127.0.0.1", int(started.url.rpartition(":")[2]))):
            pass  # nobody ended it
    assert batch.invalid == []
    assert [one.part.scenario.name for one in batch.runs] == list(SCENARIOS)
    left = {
        (one.part.scenario.name, check): finding.verdict
        for one in batch.runs
        for check, finding in one.findings.items()
        if finding.verdict is not Verdict.PASSED
    }
    assert left == dict.fromkeys(NOT_DECLARED, Verdict.SKIPPED)
    # Nothing else can be put in its place: judging it for another one would be a false alarm.
    verdicts = {one.id: one.verdict for one in controlled.checks}
    assert verdicts.pop("control.other") is Verdict.SKIPPED
    assert set(verdicts.values()) == {Verdict.PASSED}
