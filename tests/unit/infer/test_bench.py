"""Which consumer a lab is on: a fresh one, or one that only ever made good calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from seatrial.infer import TestbedBench


class PlantedConsumer:
    """Knows whether it was stopped."""

    def __init__(self, number: int) -> None:
        self.number, self.stopped = number, False

    def stop(self) -> None:
        """End."""
        self.stopped = True


class PlantedTestbed:
    """Starts planted consumers, all numbered in one row."""

    repeatable = True

    def __init__(self, started: list[PlantedConsumer]) -> None:
        self.started = started
        self.edge = SimpleNamespace(entity=SimpleNamespace(making=None))
        self.pool = self

    async def take(self, count: int, *, own: bool) -> list[str]:
        """Return entities."""
        del own
        return ["e"] * count

    async def further(self, count: int) -> "list[PlantedTestbed]":
        """Return others."""
        return [PlantedTestbed(self.started) for _ in range(count)]

    async def fresh_consumer(self, env: dict[str, str]) -> PlantedConsumer:
        """Start one."""
        assert env == {}
        self.started.append(PlantedConsumer(len(self.started)))
        return self.started[-1]


class LabsOfConsumers(TestbedBench):
    """Hands out consumers for labs."""

    @asynccontextmanager
    async def _on(self, testbed: Any, consumer: Any, entities: list[str]) -> AsyncIterator[Any]:
        assert not consumer.stopped
        yield consumer


async def number(lab: Any, _: object) -> int:
    await asyncio.sleep(0)
    return int(lab.number)


@pytest.fixture
def started() -> list[PlantedConsumer]:
    return []


def bench_of(started: list[PlantedConsumer], workers: int) -> LabsOfConsumers:
    testbed: Any = PlantedTestbed(started)
    return LabsOfConsumers(testbed, workers=workers, patience_s=1.0)


async def test_each_item_has_a_fresh_consumer_which_is_stopped_after_it(
    started: list[PlantedConsumer],
) -> None:
    async with bench_of(started, 2) as bench:
        assert sorted(await bench.each(["a", "b", "c"], number)) == [0, 1, 2]
        assert all(one.stopped for one in started)


async def test_a_settled_consumer_is_used_again_until_a_fresh_one_needs_its_place(
    started: list[PlantedConsumer],
) -> None:
    async with bench_of(started, 2) as bench:
        assert await bench.each(["a"], number, settled=["a"]) == [0]
        assert await bench.each(["b"], number) == [1]  # there was another place
        assert await bench.each(["a"], number, settled=["a"]) == [0]
        assert not started[0].stopped
        assert sorted(await bench.each(["b", "c"], number)) == [2, 3]
        assert started[0].stopped
        assert await bench.each(["a"], number, settled=["a"]) == [4]
    assert all(one.stopped for one in started)


async def test_a_consumer_that_failed_is_not_settled(started: list[PlantedConsumer]) -> None:
    async def fail(*_: object) -> None:
        raise ValueError("of the work")

    async with bench_of(started, 1) as bench:
        with pytest.raises(ValueError, match="of the work"):
            await bench.each(["a"], fail, settled=["a"])
        assert started[0].stopped
        assert await bench.each(["a"], number, settled=["a"]) == [1]


async def test_an_edge_with_fewer_testbeds_than_workers_has_its_labs_in_turn(
    started: list[PlantedConsumer], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*_: object) -> list[PlantedTestbed]:
        return []

    monkeypatch.setattr(PlantedTestbed, "further", none)
    async with bench_of(started, 3) as bench:
        assert await bench.each(["a", "b"], number) == [0, 1]


async def test_two_at_once_never_share_one(started: list[PlantedConsumer]) -> None:
    async with bench_of(started, 2) as bench:
        await bench.each(["a"], number, settled=["a"])
        assert sorted(await bench.each(["a", "b"], number, settled=["a", "b"])) == [0, 1]
