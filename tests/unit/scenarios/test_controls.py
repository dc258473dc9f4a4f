"""A negative control passes when exactly its named defects are found, and no others."""

from types import SimpleNamespace
from typing import cast

import pytest

from seatrial.checks import Evidence, Finding
from seatrial.config import Control, Policy
from seatrial.results import Check, Verdict
from seatrial.scenarios.scenario import Scenario
from seatrial.scenarios.stage import Stage
from seatrial.scenarios.verdicts import Part, Told, control_check

STAGE = cast(
    "Stage",
    SimpleNamespace(
        name="card",
        edge=SimpleNamespace(consumer="shop", provider="users"),
        engine=SimpleNamespace(name="embedded 1"),
    ),
)
CONTROL = Control(explanation="a broken client", fails=("away/opens", "other/not-told"))


async def away(_: object) -> None:
    """It goes away."""


def judged(scenario_name: str = "away", /, **findings: Finding) -> Check:
    """The control's check over one scenario with these findings."""
    scenario = Scenario(
        scenario_name, away, (), (), (), (), 1, own_entities=False, gentle=False, alone=False
    )
    told = Told(Part(scenario, "broken", {}), Evidence(Policy(), (), ()), findings)
    return control_check(STAGE, "broken", CONTROL, [told])


def test_finding_each_named_defect_and_no_other_passes() -> None:
    check = judged(opens=Finding.failed("asked 12 times"), caps=Finding.undecided("?"))
    assert check.verdict is Verdict.PASSED
    assert "away/opens: asked 12 times" in check.explanation


@pytest.mark.parametrize("finding", [Finding.passed("fine"), Finding.undecided("?")])
def test_missing_a_named_defect_fails(finding: Finding) -> None:
    check = judged(opens=finding)
    assert check.verdict is Verdict.FAILED
    assert "not found: away/opens" in check.explanation


def test_finding_another_defect_fails() -> None:
    check = judged(opens=Finding.failed("x"), caps=Finding.failed("y"))
    assert check.verdict is Verdict.FAILED
    assert "found besides: away/caps" in check.explanation


def test_looking_for_none_of_its_defects_is_undecided() -> None:
    assert judged("back", caps=Finding.passed("fine")).verdict is Verdict.UNDECIDED


def test_a_named_check_that_its_scenario_does_not_have_fails() -> None:
    check = judged(caps=Finding.passed("fine"))
    assert check.verdict is Verdict.FAILED
    assert "not found: away/opens" in check.explanation


def test_the_command_repeats_what_was_told() -> None:
    check = judged(opens=Finding.failed("x"))
    assert check.repeat == "seatrial chaos run away --edge card --engine embedded"
