"""The Valkey of the simulated network, by the client that services use."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from seatrial.simulation import Simulation
from seatrial.virtual.valkey import encoded, serve_valkey
from stubs.events import RedisLog, connect_redis
from stubs.events.log import LogEntry


def test_streams_transactions_errors_and_waiting() -> None:
    async def main() -> list[object]:
        async with serve_valkey("valkey"), Redis.from_url("redis://valkey:6379/0") as client:
            async with client.pipeline(transaction=True) as pipe:
                pipe.xadd("events", {"event": "1"}, maxlen=10, approximate=True)
                pipe.set("a", 1.5)
                done = await pipe.execute()
            await client.xgroup_create("events", "group", id="0")
            with pytest.raises(ResponseError, match="BUSYGROUP"):
                await client.xgroup_create("events", "group", id="0")
            given = await client.xreadgroup("group", "one", {"events": ">"})
            began_s = asyncio.get_running_loop().time()
            nothing = await client.xread({"events": "$"}, block=700)
            waited_s = asyncio.get_running_loop().time() - began_s
            waiting = asyncio.ensure_future(client.xread({"events": "$"}, block=10_000))
            await asyncio.sleep(1)
            await client.xadd("events", {"event": "2"})
            came = await waiting
            values = await client.get("a"), round(waited_s, 1)
            return [len(done), bool(given), bool(nothing), bool(came), *values]

    simulation = Simulation()
    assert simulation.run(main()) == [2, True, False, True, b"1.5", 0.7]
    assert simulation.refused == []


def test_a_message_reaches_who_subscribed() -> None:
    async def main() -> object:
        async with (
            serve_valkey("valkey"),
            Redis.from_url("redis://valkey:6379/0") as client,
            client.pubsub() as channel,
        ):
            await channel.subscribe("news")
            await channel.get_message(timeout=1)
            await client.publish("news", "hello")
            message = await channel.get_message(timeout=5)
            return message and message["data"]

    assert Simulation().run(main()) == b"hello"


@pytest.mark.parametrize(
    ("value", "resp3", "resp2"),
    [
        (None, b"_\r\n", b"$-1\r\n"),
        (True, b"#t\r\n", b":1\r\n"),
        (3, b":3\r\n", b":3\r\n"),
        ({b"a": 1}, b"%1\r\n$1\r\na\r\n:1\r\n", b"*2\r\n$1\r\na\r\n:1\r\n"),
        ([b"message", 1], b">2\r\n$7\r\nmessage\r\n:1\r\n", b"*2\r\n$7\r\nmessage\r\n:1\r\n"),
        (ValueError("ERR no"), b"-ERR no\r\n", b"-ERR no\r\n"),
    ],
)
def test_values_are_written_in_both_protocols(value: object, resp3: bytes, resp2: bytes) -> None:
    assert encoded(value, resp3=True) == resp3
    assert encoded(value, resp3=False) == resp2


def test_a_script_of_a_service_runs() -> None:
    async def main() -> list[dict[bytes, bytes]]:
        async with serve_valkey("valkey"):
            log = RedisLog(connect_redis("redis://valkey:6379/0"))
            entry = LogEntry((1, 0), b"{}")
            for _ in range(2):  # the second finds that it is done
                await log.put_aside("events", entry, "bad")
            async with Redis.from_url("redis://valkey:6379/0") as client:
                found: Any = await client.xrange("events.dead")
            await log.close()
            return [fields for _, fields in found]

    simulation = Simulation()
    (dead,) = simulation.run(main())
    assert (dead[b"id"], dead[b"reason"]) == (b"1-0", b"bad")
    assert simulation.refused == []
