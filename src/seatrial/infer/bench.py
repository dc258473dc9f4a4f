"""Labs on any testbed of an edge: a fresh consumer for each, where that is possible."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from seatrial.config import DeclaredTrace, Edge
from seatrial.errors import InvalidRun
from seatrial.infer.lab import Bench, Lab
from seatrial.testbed import CallDriver, Consumer, Testbed, Upstream

_READY = 120
"""Entities that are made before a consumer is started: events about them are over then."""
_SETTLED_CALLS = 3
_SETTLE_POLL_S = 0.25


@dataclass
class _Place:
    """A testbed, and the consumer on it that only ever made good calls, if there is one."""

    testbed: Testbed
    settled: Consumer | None = None
    entities: list[str] = field(default_factory=list)
    """Those that its consumer hasn't heard of."""

    async def consumer(self, *, fresh: bool) -> Consumer:
        """Return a consumer that was just started, or the settled one where it will do."""
        if self.settled is not None and not fresh:
            return self.settled
        await self.clear()
        if self.testbed.repeatable:
            made_up = self.testbed.edge.entity.making is None
            self.entities = list(await self.testbed.pool.take(_READY, own=made_up))
        return await self.testbed.fresh_consumer({})

    async def clear(self) -> None:
        """Stop the settled consumer."""
        if self.settled is not None:
            settled, self.settled = self.settled, None
            await asyncio.to_thread(settled.stop)


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
        self._places: list[_Place] = []
        self._workers = workers if testbed.repeatable else 1
        self._free = asyncio.Semaphore(self._workers)
        self.bench = Bench(self._lab, patience_s, testbed.repeatable, self._workers)

    async def __aenter__(self) -> Bench:
        """Return the bench, with a place for each worker."""
        testbeds = (self._first, *await self._first.further(self._workers - 1))
        self._places = [_Place(testbed) for testbed in testbeds]
        self._free = asyncio.Semaphore(len(self._places))  # there may be fewer than workers
        return self.bench

    async def __aexit__(self, *_: object) -> None:
        """Stop the consumers that are left."""
        for place in self._places:
            await place.clear()

    @asynccontextmanager
    async def _lab(self, *, fresh: bool) -> AsyncIterator[Lab]:
        async with self._free:
            place = self._taken(fresh=fresh)
            consumer = None
            try:
                consumer = await place.consumer(fresh=fresh)
                place.settled = None
                async with self._on(place.testbed, consumer, place.entities) as lab:
                    yield lab
                place.settled = None if fresh else consumer
            finally:
                if consumer is not None and place.settled is None:
                    await asyncio.to_thread(consumer.stop)
                self._places.append(place)

    def _taken(self, *, fresh: bool) -> _Place:
        """Take the place that suits best: for a fresh consumer one without a settled one."""
        place = min(self._places, key=lambda one: (one.settled is not None) is fresh)
        self._places.remove(place)
        return place

    @asynccontextmanager
    async def _on(
        self, testbed: Testbed, consumer: Consumer, entities: list[str]
    ) -> AsyncIterator[Lab]:
        driver = CallDriver(
            _traced(testbed.edge),
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


def _traced(edge: Edge) -> Edge:
    """Let calls carry W3C's trace id besides ours, where no other one is declared."""
    if edge.policy.trace is not None:
        return edge
    policy = edge.policy.model_copy(update={"trace": DeclaredTrace(header="traceparent")})
    return edge.model_copy(update={"policy": policy})


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
