"""Errors that a journey is kept from are said all the same."""

import pytest

from seatrial.explore import Point
from seatrial.explore.edges import TappedEdge
from seatrial.explore.inside import errors_inside
from seatrial.explore.watch import SeenCall
from seatrial.tap import JournalEntry

ERROR = "KeyError: 'price' (orders.py:73)"


@pytest.mark.parametrize(
    ("status", "fault", "printed", "said"),
    [
        (500, None, ERROR, True),
        (500, None, "", False),
        (500, "kill-after", ERROR, False),
        (503, None, ERROR, False),
        (404, None, ERROR, False),
        (None, None, ERROR, False),
    ],
)
def test_a_services_own_error_behind_a_good_answer_is_said(
    status: int | None, fault: str | None, printed: str, *, said: bool
) -> None:
    entry = JournalEntry(
        id=1,
        connection=1,
        method="POST",
        path="/orders",
        query="",
        in_flight=1,
        arrived_s=1.0,
        provider_status=status,
        fault=fault,
    )
    point = Point("orders", "POST /orders")
    call = SeenCall(TappedEdge("orders", "web", "shop"), point, entry, "POST /orders", ())
    call.planned = fault
    found = list(errors_inside([call], {"shop": printed}.__getitem__, (502, 503, 504)))
    assert found == [f"shop answered POST /orders 500 and printed {ERROR}"] * said
