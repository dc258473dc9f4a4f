"""The JUnit file: what a CI shows, and nothing undecided as passed."""

from xml.etree import ElementTree as ET

from seatrial.reports.junit import junit_xml
from seatrial.results import RunVerdict, Verdict
from tests.unit.reports.example import hostile_result, rich_result


def test_each_check_is_a_case_with_its_verdict() -> None:
    root = ET.fromstring(junit_xml(rich_result()))  # noqa: S314 - ours
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == ["Contracts", "Chaos", "Negative controls", "Load"]
    chaos = suites["Chaos"]
    counts = {key: chaos.get(key) for key in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "6", "failures": "1", "errors": "0", "skipped": "2"}
    cases = {case.get("name"): case for case in chaos}
    failure = cases["chaos.provider_down.caps-probes"].find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("4 probes reached the provider")
    assert "rerun: seatrial chaos run provider_down" in (failure.text or "")
    undecided = cases["chaos.attempts_fail.waits-are-spread"].find("skipped")
    assert undecided is not None
    assert undecided.get("message", "").startswith("undecided: ")


def test_an_invalid_run_is_an_error_even_where_all_passed() -> None:
    passed = [one for one in rich_result().checks if one.verdict is Verdict.PASSED]
    invalid = rich_result().model_copy(
        update={"verdict": RunVerdict.INVALID, "checks": tuple(passed), "notes": ("busy",)}
    )
    found = ET.fromstring(junit_xml(invalid)).find("testsuite/testcase/error")  # noqa: S314 - ours
    assert found is not None
    assert found.get("message") == "busy"


def test_hostile_text_leaves_the_file_readable() -> None:
    assert len(ET.fromstring(junit_xml(hostile_result()))) == 2  # noqa: S314 - ours
