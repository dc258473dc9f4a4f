# ruff: noqa: D102
"""A case on Toxiproxy: a toxic that is meant for one request never hits another."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from seatrial.explore.alternatives import PointInfo
from seatrial.explore.processes import Processes
from seatrial.explore.toxics import ToxicAlternatives
from seatrial.faults import Proxy
from seatrial.tap import Exchange, Intercept

POINT = PointInfo("shop", "payments", "POST")


class SlowProxy:
    """A proxy whose server does what it's asked to once the gate is open."""

    name = "shop"

    def __init__(self) -> None:
        self.on: set[str] = set()
        self.gate = threading.Event()

    def update_toxic(self, name: str, *, toxicity: float, **_: float) -> None:
        assert self.gate.wait(30)
        (self.on.add if toxicity else self.on.discard)(name)

    def add_toxic(self, _kind: str, _stream: str, *, name: str, **_: float) -> None:
        assert self.gate.wait(30)
        self.on.add(name)

    def remove_toxic(self, name: str) -> None:
        assert self.gate.wait(30)
        self.on.discard(name)


class Held:
    """A request that a tap holds."""

    def __init__(self, proxy: SlowProxy) -> None:
        self._proxy = proxy
        self.struck = asyncio.Event()
        """It was answered, for a toxic to strike."""
        self.hit_by: frozenset[str] | None = None
        """The toxics that were on when it was passed on."""

    async def fetch(self) -> Any:
        return SimpleNamespace(status=200, headers={}, body=b"whole")

    async def answer(self, *_: object) -> None: ...

    async def begin(self, *_: object) -> None: ...

    async def send(self, *_: object, last: bool) -> None: ...

    async def sleep(self, wait_s: float) -> None:
        if self._proxy.on:
            self.struck.set()
            await asyncio.get_running_loop().create_future()

    async def forward(self) -> None:
        self.hit_by = frozenset(self._proxy.on)


def _act(intercept: Intercept, held: Held) -> "asyncio.Task[None]":
    async def act() -> None:
        await intercept.act(cast("Exchange", held))

    return asyncio.create_task(act())


async def _a_few_turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def _gives_up_and_asks_again(kind: str, *, once_struck: bool) -> None:
    """Let a consumer go away, noticed twice as by a socket, and send its next request."""
    proxy = SlowProxy()
    proxies = {("shop", "payments"): cast("Proxy", proxy)}
    alternatives = ToxicAlternatives(Processes(), 1.0, proxies=proxies)
    held, following = Held(proxy), Held(proxy)
    hit = _act(alternatives.intercept(kind, POINT), held)
    if once_struck:
        proxy.gate.set()
        await held.struck.wait()
        proxy.gate.clear()
    for _ in range(2):
        await _a_few_turns()
        hit.cancel()
    asked_again = _act(alternatives.unplanned(POINT), following)
    await _a_few_turns()
    waited = not asked_again.done()
    proxy.gate.set()
    await asked_again
    assert waited
    with pytest.raises(asyncio.CancelledError):
        await hit
    assert following.hit_by == frozenset()
    assert not proxy.on, "it stays on for all that comes"


@pytest.mark.parametrize(
    "kind", ["reset", "answer-lost", "answer-late", "hang", "half-body", "slow-over"]
)
async def test_the_next_request_waits_until_the_toxic_is_off(kind: str) -> None:
    await _gives_up_and_asks_again(kind, once_struck=True)


@pytest.mark.parametrize(
    "kind", ["reset", "answer-lost", "answer-late", "hang", "half-body", "slow-over"]
)
async def test_the_next_request_waits_for_a_toxic_that_comes_late(kind: str) -> None:
    await _gives_up_and_asks_again(kind, once_struck=False)
