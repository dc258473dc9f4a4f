"""A consumer given answers through a tap, all in this loop: each reaches its own call."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import pytest

from seatrial.config import Edge
from seatrial.faults import Proxy
from seatrial.pacts import HttpAnswer
from seatrial.recording.running import RunningConsumer, running_consumer
from seatrial.tap import LoopTap, serve_tap
from seatrial.testbed import MACHINE_CLOCK, EntityFactory, EntityPool, Testbed
from seatrial.wires import Wire

Answering = Callable[[str, str, Mapping[str, str], bytes], Awaitable[tuple[int, object]]]
JSON = (("content-type", "application/json"),)


@asynccontextmanager
async def served(answering: Answering) -> AsyncIterator[str]:
    """Serve HTTP on this loop, one request a connection."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        status, content = await answering(method, path, headers, body)
        text = json.dumps(content).encode()
        writer.write(
            b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (status, len(text), text)
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def provider(_: str, path: str, __: Mapping[str, str], body: bytes) -> tuple[int, object]:
    entity = json.loads(body)["id"] if body else path.rpartition("/")[2]
    return 200, {"id": entity, "n": 1}


@dataclass
class Consumer:
    """Asks the tap, in one of three ways, and shows `n`."""

    tap: str
    asks: str
    breaker: int = 1_000
    """After N failures in a row it doesn't ask for the next few calls."""
    url: str = ""
    failures: int = 0
    refused: int = 0
    opened: int = 0

    async def __call__(
        self, _: str, path: str, headers: Mapping[str, str], __: bytes
    ) -> tuple[int, object]:
        """Answer a call."""
        entity = path.rpartition("/")[2]
        if self.failures >= self.breaker:
            self.refused += 1
            if self.refused < 4:
                return 502, {"error": "open"}
            self.failures = self.refused = 0
        async with httpx.AsyncClient(base_url=self.tap, trust_env=False) as client:
            if self.asks == "by path":
                answer = await client.get(f"/things/{entity}")
            else:
                trace = {"x-trace-id": headers["x-trace-id"]} if self.asks == "by trace" else {}
                answer = await client.post("/find", json={"id": entity}, headers=trace)
        try:
            shown = {"id": answer.json()["id"], "n": answer.json()["n"] + 1}
        except (ValueError, KeyError, TypeError):
            self.failures += 1
            self.opened += self.failures == self.breaker
            return 502, {"error": "no n"}
        self.failures = 0
        return 200, shown

    def ending(self) -> str | None:
        """It doesn't end."""
        return None

    def stop(self) -> None:
        """Nothing runs."""


@dataclass
class Bed:
    """As much of a testbed as a measurement needs."""

    edge: Edge
    tap: LoopTap
    consumer: Consumer
    name: str = "thing"
    repeatable: bool = True
    clock: Any = MACHINE_CLOCK
    pool: EntityPool = field(init=False)

    def __post_init__(self) -> None:
        """Make ids up."""
        self.pool = EntityPool(lambda: EntityFactory("thing", self.edge.entity, "http://nobody"))

    async def fresh_consumer(self, _: Mapping[str, str]) -> Consumer:
        """Return the one that there is."""
        return self.consumer

    @asynccontextmanager
    async def open_wire(self, _: Consumer) -> AsyncIterator[Wire]:
        """Open the wire."""
        yield Wire(cast("Proxy", None), self.tap)


def edge_of(asks: str, **policy: Any) -> Edge:
    by_path = {"path": "/things/{id}"}
    return Edge.model_validate(
        {
            "consumer": "shop",
            "provider": "things",
            "address_env": "THINGS_URL",
            "trigger": {"path": "/shown/{id}"},
            "upstream": by_path if asks == "by path" else {"method": "POST", "path": "/find"},
            "good": {"status": [200]},
            "failed": {"status": [502]},
            "entity": {"ids": "thing-{n}"},
            "policy": policy,
        }
    )


@asynccontextmanager
async def running(
    asks: str, opens_at: int = 1_000, **policy: Any
) -> AsyncIterator[tuple[RunningConsumer, Consumer]]:
    async with (
        served(provider) as url,
        serve_tap(url, "127.0.0.1", 0) as tap,
    ):
        consumer = Consumer(f"http://127.0.0.1:{tap.port}", asks, opens_at)
        async with served(consumer) as consumer.url:
            bed = cast("Testbed", Bed(edge_of(asks, **policy), tap, consumer))
            async with running_consumer(bed, 0) as found:
                yield found, consumer


def answers(count: int) -> list[HttpAnswer]:
    return [
        HttpAnswer(json.dumps({"id": "acc-17", "n": place}).encode(), 200, JSON)
        for place in range(count)
    ]


@pytest.mark.parametrize("asks", ["by path", "by trace", "alone"])
async def test_each_answer_reaches_its_own_call_and_is_about_its_entity(asks: str) -> None:
    async with running(asks) as (consumer, _):
        entity, exchange = await consumer.recorded()
        assert json.loads(exchange.answer_body) == {"id": entity, "n": 1}
        views = await consumer.views(answers(30), "acc-17")
    shown = [one.leaves if one else None for one in views]
    assert [one and (one["$.id"], one["$.n"]) for one in shown] == [
        ("{id}", place + 1) for place in range(30)
    ]


async def test_a_breaker_stays_closed_while_failures_are_fewer_than_open_it() -> None:
    breaker = {"failures": 3, "open_s": 0.1}
    async with running("by path", 3, breaker=breaker) as (consumer, shop):
        await consumer.recorded()
        views = await consumer.views([HttpAnswer(b"{}", 200, JSON)] * 30, "acc-17")
        assert shop.opened == 0
    assert {one.outcome if one else None for one in views} == {"failed"}


async def test_what_an_open_breaker_kept_away_is_given_again() -> None:
    async with running("by path", 3) as (consumer, shop):  # it isn't declared
        await consumer.recorded()
        given = [HttpAnswer(b"{}", 200, JSON)] * 20 + answers(20)
        views = await consumer.views(given, "acc-17")
        assert shop.opened > 0
    outcomes = [one.outcome if one else None for one in views]
    assert outcomes == ["failed"] * 20 + ["good"] * 20
