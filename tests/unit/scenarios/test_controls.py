"""A negative control passes when exactly its named defects are found, and no others."""

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from seatrial.checks import Call, Evidence, Finding, phases
from seatrial.config import Control, DeclaredPolicy
from seatrial.results import Check, Text, Verdict
from seatrial.scenarios.definition import Scenario
from seatrial.scenarios.verdicts import Part, ScenarioRun, control_check
from seatrial.testbed import ServiceLogs, Testbed

STAGE = cast(
    "Testbed",
    SimpleNamespace(
        name="card",
        edge=SimpleNamespace(consumer="shop", provider="users"),
        engine_name="embedded 1",
        rerun_option="--engine embedded",
    ),
)
CONTROL = Control(explanation="a broken client", fails=("down/opens", "other/not-run"))


async def down(_: object) -> None:
    """It goes down."""


def judged(scenario_name: str = "down", /, **findings: Finding) -> Check:
    """The control's check over one scenario with these findings."""
    scenario = Scenario(scenario_name, down)
    run = ScenarioRun(Part(scenario, "broken", {}), Evidence(DeclaredPolicy(), (), ()), findings)
    return control_check(STAGE, "broken", CONTROL, [run])


def test_finding_each_named_defect_and_no_other_passes() -> None:
    check = judged(opens=Finding.failed("asked 12 times"), caps=Finding.undecided("?"))
    assert check.verdict is Verdict.PASSED
    assert "down/opens: asked 12 times" in check.explanation


@pytest.mark.parametrize("finding", [Finding.passed("fine"), Finding.undecided("?")])
def test_missing_a_named_defect_fails(finding: Finding) -> None:
    check = judged(opens=finding)
    assert check.verdict is Verdict.FAILED
    assert "not found: down/opens" in check.explanation


def test_missing_a_defect_for_want_of_time_is_undecided() -> None:
    check = judged(opens=Finding.retryable_undecided("the machine was too busy"))
    assert check.verdict is Verdict.UNDECIDED
    assert "not found for want of time: down/opens: the machine was too busy" in check.explanation
    surplus = judged(opens=Finding.retryable_undecided("busy"), caps=Finding.failed("y"))
    assert surplus.verdict is Verdict.FAILED


def test_finding_another_defect_fails() -> None:
    check = judged(opens=Finding.failed("x"), caps=Finding.failed("y"))
    assert check.verdict is Verdict.FAILED
    assert "found besides: down/caps" in check.explanation


def test_looking_for_none_of_its_defects_is_skipped() -> None:
    assert judged("back", caps=Finding.passed("fine")).verdict is Verdict.SKIPPED


def test_a_named_check_that_the_policy_leaves_nothing_to_judge_is_not_looked_for() -> None:
    skipped = judged(opens=Finding.skipped("no call outlasts the open time"))
    assert skipped.verdict is Verdict.SKIPPED


def test_a_named_check_that_its_scenario_does_not_have_fails() -> None:
    check = judged(caps=Finding.passed("fine"))
    assert check.verdict is Verdict.FAILED
    assert "not found: down/opens" in check.explanation


def test_the_command_repeats_what_was_run() -> None:
    check = judged(opens=Finding.failed("x"))
    assert check.rerun == "seatrial chaos run down --edge card --engine embedded"


def test_a_control_that_fails_shows_what_was_printed(tmp_path: Path) -> None:
    log = tmp_path / "shop.log"
    log.write_text("no such client: broken\n")
    call = Call("u-1", phases.REACH, 1.0, 2.0, "good", 200)
    run = ScenarioRun(
        Part(Scenario("down", down), "broken", {}),
        Evidence(DeclaredPolicy(), (call,), ()),
        {"opens": Finding.passed("fine")},
        ServiceLogs({"shop": lambda: log}),
    )
    check = control_check(STAGE, "broken", CONTROL, [run])
    (said,) = [one for one in check.evidence if isinstance(one, Text)]
    assert said.text == "no such client: broken"
    assert said.title == "down: shop printed meanwhile"
