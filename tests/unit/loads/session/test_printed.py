"""A load check that failed shows what the services printed meanwhile."""

from seatrial.loads.session.judging import LoadResult, with_printed
from seatrial.results import Check, Text, Verdict


def _check(name: str, verdict: Verdict) -> Check:
    return Check(id=name, subject="shop", verdict=verdict, explanation="e", rerun="r")


def test_what_was_printed_stands_with_what_failed_alone() -> None:
    checks = (_check("load.a", Verdict.FAILED), _check("load.b", Verdict.PASSED))
    said = {"shop printed meanwhile": "out of sockets"}
    failed, passed = with_printed(LoadResult(checks, (), {}), said).checks
    assert failed.evidence == (Text(title="shop printed meanwhile", text="out of sockets"),)
    assert passed.evidence == ()
