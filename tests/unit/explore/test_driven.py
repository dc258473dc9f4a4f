"""A run ends once nothing is under way that it left behind."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.explore import driven
from seatrial.explore.driven import Driven, in_background, outlives, settled, sporadic_uses
from seatrial.explore.model import Point
from seatrial.explore.system import Step
from seatrial.explore.watch import SeenUse, Watch


class Clock:
    """Passes as it is slept."""

    def __init__(self) -> None:
        self.now_s = 10.0
        self.sends: dict[float, Any] = {}
        self.watch = SimpleNamespace(calls=[], uses=[], under_way=0)

    def monotonic(self) -> float:
        """Return the time."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let it pass, and let what is due be sent."""
        self.now_s += seconds
        for due_s in [one for one in self.sends if one <= self.now_s]:
            one = self.sends.pop(due_s)
            (self.watch.uses if isinstance(one, SeenUse) else self.watch.calls).append(one)


def call(arrived_s: float, ended_s: float | None = None, operation: str = "POST /mails") -> Any:
    return SimpleNamespace(
        edge=SimpleNamespace(name="mail"),
        point=SimpleNamespace(operation=operation),
        entry=SimpleNamespace(arrived_s=arrived_s, ended_s=ended_s),
    )


USE = SeenUse(Point("valkey:shop", "SET a"), (), None, 10.1, 10.1)


@pytest.mark.parametrize(("quiet_s", "seen", "until_s"), [(0.0, 0, 10.0), (0.2, 1, 10.3)])
@pytest.mark.parametrize("sent", [call(10.1), USE], ids=["request", "use"])
async def test_what_is_sent_after_the_last_answer_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, sent: Any, quiet_s: float, seen: int, until_s: float
) -> None:
    clock = Clock()
    clock.sends[10.1] = sent
    monkeypatch.setattr(driven, "time", clock)
    monkeypatch.setattr(driven, "asyncio", clock)
    await settled(cast("Watch", clock.watch), quiet_s)
    assert len(clock.watch.calls) + len(clock.watch.uses) == seen
    assert clock.now_s == pytest.approx(until_s, abs=0.02)


@pytest.mark.parametrize(
    ("arrived_s", "ended_s", "background"),
    [(1.2, 1.8, False), (1.8, 2.5, True), (2.5, 2.6, True), (1.2, None, True)],
)
def test_a_request_that_outlives_its_step_is_the_background(
    arrived_s: float, ended_s: float | None, *, background: bool
) -> None:
    step = Step(1, "shop", "GET", "/", "", 1.0, "trace", ended_s=2.0)
    watch = SimpleNamespace(calls=[call(arrived_s, ended_s)])
    assert outlives(Driven([step], cast("Watch", watch))) is background


def test_what_is_always_answered_after_the_step_is_sent_in_the_background() -> None:
    step = Step(1, "shop", "GET", "/", "", 1.0, "trace", ended_s=2.0)
    calls = [
        call(1.9, 2.1),
        call(2.5, 2.6),
        call(1.5, 1.6, "GET /mails"),
        call(2.5, 2.6, "GET /mails"),
    ]
    driven = Driven([step], cast("Watch", SimpleNamespace(calls=calls)))
    assert in_background(driven) == {("mail", "POST /mails")}


def test_a_store_that_is_polled_is_used_as_often_as_in_each_run_at_least() -> None:
    def using(*operations: str) -> Driven:
        uses = [SeenUse(Point("database:shop", one), (), None, 1.0, 1.0) for one in operations]
        return Driven([], cast("Watch", SimpleNamespace(uses=uses)))

    ordered = ("INSERT orders", "SELECT outbox")
    runs = [using(*ordered), using(*ordered, "SELECT outbox"), using(*ordered, "SELECT jobs")]
    assert sporadic_uses(runs) == {
        ("database:shop", "SELECT outbox"): 1,
        ("database:shop", "SELECT jobs"): 0,
    }
