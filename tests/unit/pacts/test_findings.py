"""From pytest's reports to checks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.findings import Findings, describe
from seatrial.pacts.items import ContractTest
from seatrial.results import Result, RunVerdict, Verdict

RECORD = ContractTest("provider", "web → user-service: get", "user-service answers", "user-service")


def report(outcome: str, when: str = "call", longrepr: object = None) -> pytest.TestReport:
    """A phase's report."""
    return pytest.TestReport(
        "contracts/test_x.py::test[web-get]",
        ("contracts/test_x.py", 1, "test"),
        {},
        outcome,  # type: ignore[arg-type]
        longrepr,  # type: ignore[arg-type]
        when,  # type: ignore[arg-type]
    )


def told(outcome: str, kind: str = "provider", provider: str = "user-service") -> dict[str, Any]:
    """The contents of a report."""
    return {
        "kind": kind,
        "subject": "web → user-service: get",
        "provider": provider,
        "outcome": outcome,
        "judged": outcome != "skipped",
        "explanation": "because",
        "output": "",
    }


def findings(**phases: Mapping[str, Any]) -> Findings:
    """Findings of one phase each of several tests."""
    found = Findings()
    for name, each in phases.items():
        found.add(name, each)
    return found


def test_a_passed_test_is_told_by_its_promise() -> None:
    assert describe(RECORD, report("passed"), None)["explanation"] == "user-service answers"


def test_a_broken_contract_is_told_by_its_sentence_and_output() -> None:
    failure = ContractBroken("it breaks", "line 1\nline 2")
    said = describe(RECORD, report("failed", longrepr="long"), failure)
    assert (said["explanation"], said["output"]) == ("it breaks", "line 1\nline 2")


def test_another_error_is_told_by_its_first_line() -> None:
    said = describe(RECORD, report("failed", longrepr="the whole"), ValueError("one\ntwo"))
    assert (said["explanation"], said["output"]) == ("one", "the whole")


def test_an_error_without_words_is_told_by_its_name() -> None:
    said = describe(RECORD, report("failed", longrepr=""), KeyError())
    assert said["explanation"] == "KeyError"


def test_a_skipped_test_is_told_by_its_reason() -> None:
    skipped = report("skipped", longrepr=("x.py", 1, "Skipped: needs a state"))
    assert describe(RECORD, skipped, None)["explanation"] == "needs a state"


def test_a_test_without_record_is_told_by_its_node() -> None:
    said = describe(None, report("passed"), None)
    assert (said["kind"], said["subject"]) == ("other", "contracts/test_x.py::test[web-get]")


@pytest.mark.parametrize("order", [("passed", "failed"), ("failed", "passed")])
def test_the_worst_phase_is_what_counts(order: tuple[str, str]) -> None:
    found = Findings()
    for outcome in order:
        found.add("x.py::t", told(outcome))
    assert [check.verdict for check in found.checks()] == [Verdict.FAILED]


def test_a_provider_of_which_all_was_skipped_is_unverified_and_failed() -> None:
    found = findings(
        a=told("skipped"), b=told("skipped"), c=told("passed", provider="payments-service")
    )
    assert found.unverified() == ("user-service",)
    last = found.checks()[-1]
    assert (last.id, last.subject, last.verdict) == (
        "contract.verified",
        "user-service",
        Verdict.FAILED,
    )


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_one_verified_interaction_is_enough(outcome: str) -> None:
    assert findings(a=told("skipped"), b=told(outcome)).unverified() == ()


def test_consumer_tests_alone_leave_no_provider_unverified() -> None:
    assert findings(a=told("skipped", kind="consumer")).unverified() == ()


def test_a_check_can_be_repeated_with_the_same_options() -> None:
    found = Findings(["--pact-provider=user-service=http://x"])
    found.add("contracts/test_x.py::test[a b]", told("failed"))
    assert found.checks()[0].rerun == (
        "pytest 'contracts/test_x.py::test[a b]' --pact-provider=user-service=http://x"
    )


@pytest.mark.parametrize(
    ("outcome", "status", "verdict"),
    [
        ("passed", 0, RunVerdict.PASSED),
        ("failed", 1, RunVerdict.FAILED),
        ("passed", 2, RunVerdict.INVALID),
        ("failed", 3, RunVerdict.INVALID),
    ],
)
def test_a_run_that_did_not_finish_is_invalid(
    tmp_path: Path, outcome: str, status: int, verdict: RunVerdict
) -> None:
    findings(a=told(outcome)).write(tmp_path / "out.json", status)
    result = Result.model_validate_json((tmp_path / "out.json").read_bytes())
    assert result.verdict is verdict
    assert bool(result.notes) is (verdict is RunVerdict.INVALID)


def test_a_pending_interaction_that_does_not_hold_was_judged() -> None:
    pending = report("skipped", longrepr="long")
    pending.wasxfail = "reason: pending, and does not hold yet"
    said = describe(RECORD, pending, ContractBroken("it breaks"))
    assert said["judged"]
    assert said["explanation"] == "pending, and does not hold yet"
    found = Findings()
    found.add("a", said)
    assert found.unverified() == ()


def test_what_is_true_of_the_whole_run_is_a_check(tmp_path: Path) -> None:
    found = findings(a=told("passed"))
    found.add_whole("published", "http://broker", "failed", "nothing was published")
    found.write(tmp_path / "out.json", 1)
    result = Result.model_validate_json((tmp_path / "out.json").read_bytes())
    assert [check.id for check in result.checks] == ["contract.provider", "contract.published"]
    assert result.verdict is RunVerdict.FAILED


def test_nothing_found_writes_nothing(tmp_path: Path) -> None:
    Findings().write(tmp_path / "out.json", 0)
    assert not (tmp_path / "out.json").exists()
