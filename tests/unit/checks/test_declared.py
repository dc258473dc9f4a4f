"""Everything that a policy can declare is put to the test, or is named as not tested."""

import pytest

from seatrial.checks import CHECKS, untested, wire_check
from seatrial.config import DeclaredPolicy, field_paths
from seatrial.errors import UsageError
from tests.unit.checks.planted import without

NOT_TESTED: set[str] = set()
"""What no check tests yet; a run names it where it is declared."""


def test_every_field_of_the_schema_is_tested_or_named_here() -> None:
    paths = field_paths(DeclaredPolicy)
    leaves = {one for one in paths if not any(other.startswith(f"{one}.") for other in paths)}
    tested = {path for check in CHECKS.values() for path in check.tests}
    assert leaves - {"wire"} - tested == NOT_TESTED  # another view of the same promises
    assert tested <= leaves


def test_what_is_declared_and_not_tested_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = without("cache", max_entries=10)
    assert untested(bounded) == ()
    others = {key: one for key, one in CHECKS.items() if key != "caps-entries"}
    monkeypatch.setattr("seatrial.checks.check.CHECKS", others)
    assert untested(bounded) == ("cache.max_entries",)


def test_a_check_of_what_no_policy_has_is_refused() -> None:
    found = CHECKS["recovers"]
    with pytest.raises(UsageError, match=r"tests 'cache\.ttl', which no policy can declare"):
        wire_check(found.id, found.promise, found.judge, tests=["cache.ttl"])
