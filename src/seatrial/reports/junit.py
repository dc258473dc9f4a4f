"""The result as a JUnit file, which every CI shows.

JUnit knows passed, failed, error and skipped. What is undecided is written as skipped, with its
reason, since it must not look passed; a run that is invalid has an error.
"""

from xml.etree import ElementTree as ET

from seatrial.reports.evidence_text import evidence_text
from seatrial.reports.hostile import visible
from seatrial.reports.outline import pillars
from seatrial.results import Check, Result, RunVerdict, Verdict

_TAGS = {Verdict.FAILED: "failure", Verdict.UNDECIDED: "skipped", Verdict.SKIPPED: "skipped"}


def junit_xml(result: Result) -> str:
    """Return the file's text: a suite for each pillar, a case for each check."""
    root = ET.Element("testsuites", name=visible(result.command), time=f"{result.duration_s:.3f}")
    for pillar in pillars(result):
        suite = ET.SubElement(root, "testsuite", name=visible(pillar.title))
        suite.set("timestamp", result.started.isoformat())
        for check in pillar.checks:
            _case(suite, check)
    if result.verdict is RunVerdict.INVALID:
        suite = ET.SubElement(root, "testsuite", name="run")
        case = ET.SubElement(suite, "testcase", name="is valid", classname="run")
        ET.SubElement(case, "error", message=visible("; ".join(result.notes)) or "nothing passed")
    for suite in root:
        suite.set("tests", str(len(suite)))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped",) * 2):
            suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ET.Element, check: Check) -> None:
    case = ET.SubElement(
        suite, "testcase", name=visible(check.id), classname=visible(check.subject)
    )
    tag = _TAGS.get(check.verdict)
    if tag is None:
        return
    message = visible(check.explanation)
    if check.verdict is Verdict.UNDECIDED:
        message = f"undecided: {message}"
    found = ET.SubElement(case, tag, message=message)
    if check.verdict is Verdict.FAILED:
        found.text = visible(f"{evidence_text(check)}\nrerun: {check.rerun}", lines=True)
