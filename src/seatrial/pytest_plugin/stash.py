"""The notes that the plugin's parts leave on a test for each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from seatrial.pacts.items import ContractTest

PROVEN = pytest.StashKey[bool]()
"""Set by what proved something; a contract test without it fails."""
MEASURED = pytest.StashKey[dict[str, Any]]()
"""A test's measurements, as plain values for the result."""
FOUND = "seatrial_contract"
"""Where a report carries what its test found, also from a worker of pytest-xdist."""


def contract_test(item: pytest.Item) -> ContractTest | None:
    """A test's part of a result; None when it isn't one of ours."""
    mark = item.get_closest_marker("contract")
    return None if mark is None else mark.args[0]
