"""A case is what broke twice, the second time on processes that nothing else had used."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from seatrial.explore import Fault, Observation, Plan, Point, Violation
from seatrial.explore.runs import JourneyRuns

PLAN: Plan = frozenset({Fault(Point("pay", "POST /charges", ordinal=2), "reset")})
ENDED = Violation("stays-up", "a process ended by itself: its port was taken")


class Runs(JourneyRuns):
    """Shows what it is given, one after the other."""

    def __init__(self, *shown: Observation) -> None:
        self._shown: Iterator[Observation] = iter(shown)
        self._standing: Any = SimpleNamespace(fresh=False, restart=self._restart)
        self._confirmed = set()
        self._causes = set()

    async def _restart(self) -> None:
        pass

    async def _usual(self) -> Any:
        return None

    async def _once(self, *_: Any) -> Observation:
        return next(self._shown)


def _seen(*broke: Violation) -> Observation:
    """Return a run in which the plan's fault wasn't reached."""
    return Observation("buy", PLAN, frozenset(), broke=broke)


async def test_what_breaks_only_when_a_fault_is_looked_for_again_is_looked_at_once_more() -> None:
    found = await Runs(_seen(), _seen(ENDED), _seen()).observe(PLAN)
    assert not found.broke
    assert str(found.undecided).startswith("flaky: seen once in two runs: a process ended")


async def test_what_breaks_twice_is_a_case() -> None:
    found = await Runs(_seen(), _seen(ENDED), _seen(ENDED)).observe(PLAN)
    assert (found.broke, found.undecided) == ((ENDED,), None)
