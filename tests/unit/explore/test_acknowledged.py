"""Which writes count as lost."""

import json

import pytest

from seatrial.explore import Fault, Point
from seatrial.explore.acknowledged import unkept
from seatrial.explore.system import Step


def step(number: int, method: str, path: str, status: int, body: object = None) -> Step:
    made = Step(number, "shop", method, path, "", 0.0, "trace", status=status)
    made.body = json.dumps(body).encode()
    return made


def run(made: int, seen: int, path: str = "/orders/7") -> list[Step]:
    return [step(1, "POST", "/orders", made, {"order": {"id": 7}}), step(2, "GET", path, seen)]


@pytest.mark.parametrize(
    ("made", "seen", "path", "lost"),
    [
        (201, 404, "/orders/7", True),
        (200, 410, "/orders/7", True),
        (202, 404, "/orders/7", False),
        (503, 404, "/orders/7", False),
        (201, 503, "/orders/7", False),
        (201, 404, "/orders/8", False),
    ],
)
def test_what_was_acknowledged_and_is_gone_is_lost(
    made: int, seen: int, path: str, *, lost: bool
) -> None:
    found = list(unkept(run(made, seen, path), run(201, 200, path), ()))
    assert [(one.number, by.number) for one, by in found] == ([(2, 1)] if lost else [])


def test_what_is_missing_without_faults_isnt_lost() -> None:
    assert not list(unkept(run(201, 404), run(201, 404), ()))


def test_a_fault_that_says_that_there_is_none_proves_no_loss() -> None:
    fault = Fault(Point("shop->orders", "GET /orders/{id}"), "status-404")
    assert not list(unkept(run(201, 404), run(201, 200), [fault]))
