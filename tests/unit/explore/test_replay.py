"""A case on another engine: reproduced where the same promise breaks, in one of two runs."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.explore import Fault, Observation, Plan, Point, Violation, replay

PLAN: Plan = frozenset({Fault(Point("shop->bank", "POST /charges"), "answer-lost")})
BROKE = Violation("books_balance", "charged twice")
OTHER = Violation("answers", "no answer")


def _seen(*broke: Violation, undecided: str | None = None) -> Observation:
    return Observation("buy", PLAN, PLAN, broke=broke, undecided=undecided)


@pytest.mark.parametrize(
    ("runs", "reproduced"),
    [
        ([_seen(BROKE)], True),
        ([_seen(undecided="flaky"), _seen(BROKE)], True),
        ([_seen(), _seen(OTHER)], False),
        ([_seen(), _seen(undecided="flaky")], False),
    ],
)
def test_what_a_busy_machine_missed_is_run_once_more(
    runs: list[Observation], *, reproduced: bool
) -> None:
    left: Iterator[Observation] = iter(runs)
    engine = cast("Any", SimpleNamespace(name="toxiproxy"))
    shown = replay(lambda _: next(left), PLAN, ("books_balance",), engine)
    assert (shown.faithful, shown.reproduced) == (True, reproduced)
    assert not list(left)
