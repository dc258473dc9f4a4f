"""A bench on the wire: testbeds of one edge, and a fresh consumer for each lab."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from seatrial.errors import InvalidRun
from seatrial.infer.lab import Bench, Lab
from seatrial.system import ProcessDied
from seatrial.tap import TapClient
from seatrial.testbed import CallDriver, EntityPool, Testbed
from seatrial.testbed.upstream import Upstream
from seatrial.wires import Service

_SETTLED_CALLS = 3
_SETTLE_POLL_S = 0.25


class WireBench:
    """Hands out labs; as many are open together as there are testbeds."""

    def __init__(self, testbed: Testbed, *, workers: int, patience_s: float) -> None:
        """Take the edge's first testbed; further ones are made from it.

        Args:
            testbed: of the edge.
            workers: how many consumers run at the same time, at most.
            patience_s: the longest that anything is waited for, seconds.
        """
        self._free: asyncio.Queue[Testbed] = asyncio.Queue()
        workers = workers if testbed.repeatable else 1
        for one in (testbed, *testbed.others(workers - 1)):
            self._free.put_nowait(one)
        self._pool = EntityPool(testbed.source)
        self._shared: Service | None = None
        self.bench = Bench(self._lab, patience_s, testbed.repeatable, workers)

    @asynccontextmanager
    async def _lab(self) -> AsyncIterator[Lab]:
        testbed = await self._free.get()
        try:
            consumer = await _started(testbed, {})
            try:
                async with self._on(testbed, consumer) as lab:
                    yield lab
            finally:
                await asyncio.to_thread(consumer.stop)
        finally:
            self._free.put_nowait(testbed)

    @asynccontextmanager
    async def _on(self, testbed: Testbed, consumer: Service) -> AsyncIterator[Lab]:
        edge = testbed.edge
        async with TapClient(testbed.tap.control_url) as tap:
            await tap.clear()
            await tap.clear_journal()
            driver = CallDriver(edge, consumer.url, consumer.ending, self.bench.patience_s)
            lab = Lab(
                testbed,
                consumer,
                driver,
                testbed.wire(tap, consumer),
                tap,
                Upstream(edge.upstream),
                self._pool,
                self.bench.patience_s,
            )
            try:
                await _well(lab, settled=testbed.repeatable)
                yield lab
            finally:
                await driver.close()
                await tap.clear()


async def _started(testbed: Testbed, env: Mapping[str, str]) -> Service:
    for last in (False, True):  # a busy machine may be too slow for it once
        try:
            return testbed.service(await asyncio.to_thread(testbed.start_consumer, env))
        except ProcessDied as error:
            if last:
                raise InvalidRun(f"the consumer can't be started: {error}") from None
    raise AssertionError


async def _well(lab: Lab, *, settled: bool) -> None:
    """Wait until the consumer answers well, over our wire.

    Raises:
        InvalidRun: it doesn't.
    """
    until_s = time.monotonic() + lab.patience_s
    good = 0
    needed = 1 if settled else _SETTLED_CALLS
    while True:
        call = await lab.call()
        if await lab.sent_by(call) and call.outcome == "good":
            good += 1
        elif settled or time.monotonic() > until_s:
            raise InvalidRun(await _why_not(lab, call.status, call.detail))
        else:
            good = 0
            await asyncio.sleep(_SETTLE_POLL_S)
        if good >= needed:
            return


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
