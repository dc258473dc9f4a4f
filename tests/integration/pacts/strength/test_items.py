"""The kill matrix in a project of a team's own: one test a case, a survivor by its name."""

import pytest

from seatrial.pacts.strength import measurement
from seatrial.results import Check, Facts, Text, Verdict

from ..small_project import Project

_LOADED = measurement
"""A run within this process drops what it was the first to import; pact's core is loaded once."""
TESTS = """
from pathlib import Path
import pytest
from cases import CASES

@pytest.mark.pact_strength(CASES, waivers=Path(__file__).parent / "waivers.toml")
def test_strength(case, pact_judge):
    pact_judge(case)
"""
USER = "web → user-service: get a user (a user exists)"


@pytest.fixture
def measured(project: Project) -> Project:
    """A project that measures its contracts, and verifies none."""
    (project.contracts / "test_all.py").unlink()
    (project.contracts / "test_strength.py").write_text(TESTS)
    return project


def run(project: Project) -> dict[str, Check]:
    """Return what the result says of each interaction."""
    project.pytest("contracts", "--seatrial-json", "out.json")
    return {check.subject: check for check in project.result().checks}


def facts(check: Check) -> dict[str, object]:
    return dict(next(e for e in check.evidence if isinstance(e, Facts)).values)


def test_a_strong_contract_passes_and_says_how_strong(measured: Project) -> None:
    checks = run(measured)
    assert checks[USER].id == "contract.strength"
    assert checks[USER].verdict is Verdict.PASSED
    told = facts(checks[USER])
    assert told["mutated"] == "the provider's own answer"
    assert told["survived"] == 0
    figures = measured.result().figures
    assert figures["answers"] == 2
    assert figures["mutants"] == sum(int(str(facts(c)["mutants"])) for c in checks.values())
    assert (figures["survived"], figures["mutation_score"]) == (0, 1)
    assert figures["mutant_ms"] > 0


def test_a_loosened_matcher_is_a_hole_that_is_named(measured: Project) -> None:
    measured.change("cases.py", '["name"] if', '["name"].split("-")[1] if')
    measured.change("cases.py", 'match.str("Ada")', 'match.regex("x-Ada", regex=r"\\w-\\w+")')
    measured.change("provider.py", '"Grace"', '"x-Grace"')
    assert run(measured)[USER].verdict is Verdict.PASSED
    measured.change("cases.py", 'match.regex("x-Ada", regex=r"\\w-\\w+")', 'match.str("x-Ada")')
    check = run(measured)[USER]
    assert check.verdict is Verdict.FAILED
    assert "change `empty $.name` would go unnoticed" in check.explanation
    assert "raises IndexError" in check.explanation


def test_a_field_that_is_read_and_not_named_is_a_hole(measured: Project) -> None:
    measured.change("cases.py", 'match.str("Ada")}', 'match.str("Ada"), "born": match.int(1)}')
    measured.change("cases.py", '["name"] if', '["name"] + str(answer.json()["born"]) if')
    measured.change("cases.py", 'expect="Ada"', 'expect="Ada1"')
    measured.change("provider.py", '{"name": name}', '{"name": name, "born": 1, "died": 2}')
    assert run(measured)[USER].verdict is Verdict.PASSED
    measured.change("cases.py", 'str(answer.json()["born"])', 'str(answer.json().get("died", 1))')
    check = run(measured)[USER]
    assert check.verdict is Verdict.FAILED
    assert "drop $.died" in next(e.text for e in check.evidence if isinstance(e, Text))


def test_a_hole_that_is_allowed_passes_and_is_told_with_its_reason(measured: Project) -> None:
    allow(measured, "drop $.died", "rename $.died", "null $.died", "boolean $.died")
    allow(measured, "list $.died", "object $.died")
    measured.change("cases.py", '["name"] if', '["name"] + str(answer.json().get("died", "")) if')
    measured.change("provider.py", '{"name": name}', '{"name": name, "died": 2}')
    check = run(measured)[USER]
    assert check.verdict is Verdict.PASSED, check.explanation
    texts = {e.title: e.text for e in check.evidence if isinstance(e, Text)}
    assert "drop $.died: nobody minds" in texts["survived, waived"]
    assert measured.result().figures["waived"] == 6


def test_an_allowance_that_allows_nothing_any_more_is_an_error(measured: Project) -> None:
    allow(measured, "drop $.name")
    check = run(measured)[USER]
    assert check.verdict is Verdict.FAILED
    assert "`drop $.name` is waived and is none any more" in check.explanation


def test_an_allowance_for_no_interaction_stops_the_collection(measured: Project) -> None:
    allow(measured, "drop $.name", interaction="web → user-service: get somebody")
    result = measured.pytest("contracts")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*waives a survivor of 'web → user-service: get somebody'*"])


def test_without_its_provider_the_pacts_example_is_mutated_and_that_is_said(
    measured: Project,
) -> None:
    measured.change("provider.py", "import json\n", "raise SystemExit(3)\n")
    check = run(measured)[USER]
    assert check.verdict is Verdict.PASSED
    assert str(facts(check)["mutated"]).startswith("the pact's example (user-service ended")


def test_a_provider_that_broke_the_contract_is_told_by_its_verification_alone(
    measured: Project,
) -> None:
    measured.change("provider.py", '{"name": name}', '{"firstName": name}')
    check = run(measured)[USER]
    assert check.verdict is Verdict.PASSED
    assert "the provider's own answer breaks the contract" in str(facts(check)["mutated"])


def allow(project: Project, *mutants: str, interaction: str = USER) -> None:
    names = ", ".join(f'"{mutant}"' for mutant in mutants)
    entry = f'[[waiver]]\ninteractions = ["{interaction}"]\nmutants = [{names}]\n'
    with (project.contracts / "waivers.toml").open("a", encoding="utf-8") as file:
        file.write(entry + 'reason = "nobody minds"\n')
