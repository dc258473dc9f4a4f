"""Labs on any testbed of an edge: a fresh consumer for each, where that is possible."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seatrial.errors import InvalidRun
from seatrial.infer.lab import Bench, Lab
from seatrial.testbed import CallDriver, Consumer, Testbed, Upstream

_READY = 120
"""Entities that are made before a consumer is started: events about them are over then."""
_SETTLED_CALLS = 3
_SETTLE_POLL_S = 0.25


class TestbedBench:
    """Hands out labs; as many are open together as there are testbeds."""

    __test__ = False

    def __init__(self, testbed: Testbed, *, workers: int, patience_s: float) -> None:
        """Take the edge's first testbed; further ones are made from it.

        Args:
            testbed: of the edge.
            workers: how many consumers run at the same time, at most.
            patience_s: the longest that anything is waited for, seconds.
        """
        self._first = testbed
        self._free: asyncio.Queue[Testbed] | None = None
        self._workers = workers if testbed.repeatable else 1
        self.bench = Bench(self._lab, patience_s, testbed.repeatable, self._workers)

    @asynccontextmanager
    async def _lab(self) -> AsyncIterator[Lab]:
        free = await self._testbeds()
        testbed = await free.get()
        try:
            entities = await self._entities(testbed)
            consumer = await testbed.fresh_consumer({})
            try:
                async with self._on(testbed, consumer, entities) as lab:
                    yield lab
            finally:
                await asyncio.to_thread(consumer.stop)
        finally:
            free.put_nowait(testbed)

    async def _testbeds(self) -> "asyncio.Queue[Testbed]":
        if self._free is None:
            self._free = asyncio.Queue()
            for one in (self._first, *await self._first.further(self._workers - 1)):
                self._free.put_nowait(one)
        return self._free

    async def _entities(self, testbed: Testbed) -> list[str]:
        """Return entities that the next consumer won't have heard of."""
        made_up = testbed.edge.entity.making is None
        if testbed.repeatable:
            return list(await testbed.pool.take(_READY, own=made_up))
        return []

    @asynccontextmanager
    async def _on(
        self, testbed: Testbed, consumer: Consumer, entities: list[str]
    ) -> AsyncIterator[Lab]:
        driver = CallDriver(
            testbed.edge,
            consumer.url,
            consumer.ending,
            testbed.clock,
            timeout_s=self.bench.patience_s,
        )
        try:
            async with testbed.open_wire(consumer) as wire:
                upstream = Upstream(testbed.edge.upstream)
                lab = Lab(testbed, driver, wire, upstream, self.bench.patience_s, entities)
                async with lab.timed():
                    await _well(lab)
                    yield lab
        finally:
            await driver.close()


async def _well(lab: Lab) -> None:
    """Wait until the consumer answers well, over our wire.

    Raises:
        InvalidRun: it doesn't.
    """
    fresh = lab.testbed.repeatable
    until_s = lab.now_s + lab.patience_s
    good, needed = 0, 1 if fresh else _SETTLED_CALLS
    while good < needed:
        call = await lab.call()
        if call.outcome == "good" and await lab.sent_by(call):
            good += 1
        elif fresh or lab.now_s > until_s:
            raise InvalidRun(await _why_not(lab, call.status, call.detail))
        else:
            good = 0
            await lab.clock.sleep(_SETTLE_POLL_S)


async def _why_not(lab: Lab, status: int | None, detail: str) -> str:
    edge = lab.testbed.edge
    said = f"{edge.consumer} answered {status or detail}"
    seen = await lab.wire.journal()
    if not seen:
        return f"no call reached the proxy: is {edge.address_env} read? ({said})"
    return (
        f"{said} while the provider was well; it sent {seen[0].method} {seen[0].path}, where "
        f"edges.{lab.testbed.name} declares {edge.upstream.method} {edge.upstream.path} and a good "
        f"answer of status {list(edge.good.status)}"
    )
