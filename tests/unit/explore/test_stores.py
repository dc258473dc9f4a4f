"""A run begins once no store is used any more: its uses aren't those of the run before."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.config import Config
from seatrial.explore import stores
from seatrial.explore.store_messages import StoreCommand, StoreMessage
from seatrial.explore.stores import StoreTaps

USE = StoreMessage(b"", StoreCommand("SET a", changes=True))


class Clock:
    """Passes as it is slept, and lets a store be used then."""

    def __init__(self, taps: StoreTaps, used_s: list[float]) -> None:
        self.now_s = 10.0
        self._taps, self._used_s = taps, used_s

    def monotonic(self) -> float:
        """Return the time."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now_s += seconds
        if self._used_s and self._used_s[0] <= self.now_s:
            self._used_s.pop(0)
            self._taps._taps["shop", "valkey"].seen(USE)


def taps_of_a_shop() -> StoreTaps:
    shop: Any = SimpleNamespace(uses=lambda placeholder: placeholder == "redis")
    return StoreTaps(cast("Config", SimpleNamespace(services={"shop": shop})))


@pytest.mark.parametrize(
    ("used_s", "until_s"),
    [([], 10.1), ([10.05], 10.2), ([10.0 + n / 20 for n in range(60)], 11.05)],
    ids=["once", "twice", "all the time"],
)
async def test_a_run_waits_for_the_uses_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch, used_s: list[float], until_s: float
) -> None:
    taps = taps_of_a_shop()
    clock = Clock(taps, used_s)
    monkeypatch.setattr(stores, "time", clock)
    monkeypatch.setattr(asyncio, "sleep", clock.sleep)
    taps._taps["shop", "valkey"].seen(USE)
    await taps.settled(0.1)
    assert clock.now_s == pytest.approx(until_s, abs=0.06)


async def test_without_stores_nothing_is_waited_for() -> None:
    await StoreTaps(cast("Config", SimpleNamespace(services={}))).settled(1.0)


def test_a_store_that_is_not_tapped_is_reached_where_it_is() -> None:
    assert taps_of_a_shop().override("shop", "search", "127.0.0.1:9") == "127.0.0.1:9"
