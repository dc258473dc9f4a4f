"""Every kind of fault on one wire: proxy, tap and a provider that are real."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from itertools import permutations
from pathlib import Path

import httpx
import pytest
import redis.asyncio as redis

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.faults import (
    Proxy,
    Target,
    black_hole,
    down,
    killed,
    latency,
    paused,
    reset,
    reset_midway,
    truncated,
)
from seatrial.faults.engines import Engine
from seatrial.system import Launcher, Session
from seatrial.tap import (
    AnotherSchema,
    Hang,
    Match,
    Rule,
    RunningTap,
    Status,
    TapClient,
    When,
    start_tap,
)
from seatrial.wires import ServerService, Service, Wire, fault_name

ECHO = Path(__file__).with_name("echo.py")
CONFIG = Config.model_validate(
    {
        "services": {
            "echo": {
                "announces": True,
                "command": ["python", str(ECHO)],
                "health": "/",
                "env": {"VALKEY": "{redis}"},
            }
        }
    }
)
SHORT_S = 0.3


@pytest.fixture(scope="package")
def launcher(session: Session) -> Launcher:
    return Launcher(session, CONFIG, Path.cwd())


@pytest.fixture(scope="package")
def valkey(launcher: Launcher, engine: Engine) -> Iterator[Proxy]:
    """The service's own way to Valkey."""
    proxy = engine.proxy("echo-valkey", f"127.0.0.1:{launcher.server('redis').port}")
    yield proxy
    proxy.delete()


@pytest.fixture(scope="package")
def provider(launcher: Launcher, valkey: Proxy) -> Service:
    def override(*_: str) -> str:
        return valkey.address

    return Service(launcher, launcher.start("echo", override=override), override)


@pytest.fixture(scope="package")
def running_tap(session: Session, provider: Service) -> RunningTap:
    return start_tap(session, provider.url)


@pytest.fixture
async def wire(
    engine: Engine,
    launcher: Launcher,
    valkey: Proxy,
    provider: Service,
    running_tap: RunningTap,
) -> AsyncIterator[Wire]:
    proxy = await asyncio.to_thread(engine.proxy, "echo", running_tap.url.removeprefix("http://"))
    async with TapClient(running_tap.control_url) as tap:
        await tap.clear_journal()
        targets: dict[str, Target] = {
            "provider": provider,
            "valkey": ServerService(launcher, "redis"),
        }
        yield Wire(proxy, tap, links={"valkey": valkey}, targets=targets)
    proxy.delete()


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[httpx.AsyncClient]:
    """Asks on a connection of its own each time."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(
        base_url=wire.url, trust_env=False, limits=limits, timeout=10
    ) as opened:
        yield opened


async def test_down_refuses_and_is_reverted(wire: Wire, client: httpx.AsyncClient) -> None:
    async with wire.fault(down()):
        with pytest.raises(httpx.ConnectError):
            await client.get("/")
    assert (await client.get("/")).status_code == 200
    assert [entry.status for entry in await wire.journal()] == [200]


async def test_reset_midway_lets_a_part_through_and_then_resets(
    wire: Wire, client: httpx.AsyncClient
) -> None:
    async with wire.fault(reset_midway(after_bytes=1000)):
        got = b""
        async with client.stream("GET", "/") as answer:
            assert answer.status_code == 200
            with suppress(httpx.ReadError):
                async for part in answer.aiter_raw():
                    got += part
                pytest.fail("it ended without a reset")
        assert 0 < len(got) < 1000
    assert (await client.get("/")).status_code == 200


async def test_cut_off_ends_without_a_reset(wire: Wire, client: httpx.AsyncClient) -> None:
    async with wire.fault(truncated(after_bytes=1000)):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_reset_and_black_hole_look_different(wire: Wire, client: httpx.AsyncClient) -> None:
    async with wire.fault(reset()):
        with pytest.raises(httpx.ReadError):
            await client.get("/")
    async with wire.fault(black_hole()):
        with pytest.raises(httpx.ReadTimeout):
            await client.get("/", timeout=SHORT_S)


async def test_share_of_nothing_hits_nobody(wire: Wire, client: httpx.AsyncClient) -> None:
    async with wire.fault(black_hole(share=0)):
        assert (await client.get("/")).status_code == 200


async def test_http_faults_nest_and_the_inner_one_goes_first(
    wire: Wire, client: httpx.AsyncClient
) -> None:
    async with wire.fault(AnotherSchema()):
        async with wire.fault(Status(status=503), when=When(first=1)):
            assert (await client.get("/")).status_code == 503
            assert (await client.get("/")).json()["filler"] == 4096
        assert (await client.get("/")).json()["filler"] == 4096
    assert (await client.get("/")).json()["filler"] == "x" * 4096


@pytest.mark.parametrize("first", ["outer", "inner"])
async def test_rule_counts_on_while_a_plan_comes_and_goes(
    wire: Wire, client: httpx.AsyncClient, first: str
) -> None:
    async def got(count: int) -> list[int]:
        return [(await client.get("/")).status_code for _ in range(count)]

    outer = AsyncExitStack()
    inner = AsyncExitStack()
    await outer.enter_async_context(wire.fault(Status(status=503), when=When(first=3)))
    assert await got(1) == [503]
    taken = Rule(when=When(first=1), do=Status(status=418))
    await inner.enter_async_context(wire.plan(taken, Rule(when=When(first=1), do=Status())))
    assert await got(2) == [418, 503]
    assert await wire.applied() == 2
    await (outer if first == "outer" else inner).aclose()
    assert await got(3) == ([200] * 3 if first == "outer" else [503, 503, 200])
    await (inner if first == "outer" else outer).aclose()
    assert await got(1) == [200]
    assert not (await wire.tap.plan_state()).rules


async def test_rules_end_in_every_order_and_the_others_count_on(wire: Wire) -> None:
    """Three blocks, of two rules each: what is left is in force, with the counts that it had."""
    limits = httpx.Limits(max_keepalive_connections=10)
    async with httpx.AsyncClient(base_url=wire.url, trust_env=False, limits=limits) as client:
        for order in permutations(range(3)):
            blocks = [AsyncExitStack() for _ in range(3)]
            hits = dict.fromkeys(range(3), 0)
            for place, block in enumerate(blocks):
                taken = Rule(
                    match=Match(path=f"/{place}"), when=When(first=2), do=Status(status=418)
                )
                never = Rule(match=Match(path="/never"), do=Status())
                await block.enter_async_context(wire.plan(taken, never))
            left = {0, 1, 2}
            for ended in order:
                for place in range(3):
                    answer = await client.get(f"/{place}")
                    due = place in left and hits[place] < 2
                    assert (answer.status_code == 418) == due, (order, ended, place)
                    hits[place] += 1
                await blocks[ended].aclose()
                left.remove(ended)
                state = await wire.tap.plan_state()
                assert [line.rule.match.path for line in state.rules] == [
                    path for place in sorted(left, reverse=True) for path in (f"/{place}", "/never")
                ]


async def test_wire_says_which_faults_were_in_force_when(wire: Wire) -> None:
    async with wire.fault(down(), on="valkey"):
        async with wire.plan(Rule(do=Status()), Rule(do=Hang())):
            pass
        valkey, rules = wire.terms()
        assert [(one.name, one.on) for one in (valkey, rules)] == [
            ("down", "valkey"),
            ("status, hang", "provider"),
        ]
        assert valkey.ended_s is None
        assert rules.ended_s is not None
        assert valkey.started_s <= rules.started_s < rules.ended_s < time.monotonic()
    ended_s = wire.terms()[0].ended_s
    assert ended_s is not None
    assert rules.ended_s < ended_s


@pytest.mark.parametrize("first", [0, 1])
async def test_equal_faults_of_the_network_end_one_by_one(
    wire: Wire, client: httpx.AsyncClient, first: int
) -> None:
    async def took_s() -> float:
        return (await client.get("/")).elapsed.total_seconds()

    slow = [AsyncExitStack(), AsyncExitStack()]
    for one in slow:
        await one.enter_async_context(wire.fault(latency(delay_s=0.2)))
    assert await took_s() >= 0.4
    await slow[first].aclose()
    assert 0.2 <= await took_s() < 0.4
    await slow[1 - first].aclose()
    assert await took_s() < 0.2
    away = [AsyncExitStack(), AsyncExitStack()]
    for one in away:
        await one.enter_async_context(wire.fault(down()))
    await away[first].aclose()
    with pytest.raises(httpx.ConnectError):
        await client.get("/")
    await away[1 - first].aclose()
    assert (await client.get("/")).status_code == 200


async def test_tcp_and_http_faults_go_together(wire: Wire, client: httpx.AsyncClient) -> None:
    async with wire.fault(latency(delay_s=0.2)), wire.fault(Status(status=500)):
        answer = await client.get("/")
        assert (answer.status_code, answer.elapsed.total_seconds() >= 0.2) == (500, True)


async def test_rule_says_its_own_match(wire: Wire, client: httpx.AsyncClient) -> None:
    async with wire.fault(Rule(match=Match(path="/a"), do=Status(status=404))):
        assert [(await client.get(path)).status_code for path in ("/a", "/b")] == [404, 200]


async def test_killed_service_comes_back_at_its_address(
    wire: Wire, client: httpx.AsyncClient
) -> None:
    before = (await client.get("/")).json()["pid"]
    async with wire.fault(killed()):
        answer = await client.get("/")
        assert answer.status_code == 502
    assert (await client.get("/")).json()["pid"] != before


async def test_paused_service_answers_once_it_goes_on(
    wire: Wire, client: httpx.AsyncClient
) -> None:
    async with wire.fault(paused()):
        asked = asyncio.create_task(client.get("/"))
        done, _ = await asyncio.wait([asked], timeout=SHORT_S)
        assert not done
    assert (await asked).status_code == 200


async def test_valkey_is_down_slow_truncated_and_killed(
    wire: Wire, client: httpx.AsyncClient
) -> None:
    url = (await client.get("/")).json()["valkey"]
    async with redis.from_url(url, retry=None, socket_timeout=10) as store:

        async def asked() -> object:
            await store.connection_pool.disconnect()
            return await store.get("k")

        await store.set("k", "v" * 2000)
        assert await asked() == b"v" * 2000
        async with wire.fault(down(), on="valkey"):
            with pytest.raises(redis.ConnectionError):
                await asked()
        async with wire.fault(latency(delay_s=0.2), on="valkey"):
            began_s = time.monotonic()
            assert await asked() == b"v" * 2000
            assert time.monotonic() - began_s >= 0.2
        async with wire.fault(reset_midway(after_bytes=1000), on="valkey"):
            with pytest.raises(redis.ConnectionError):
                await asked()
        assert await asked() == b"v" * 2000
        async with wire.fault(killed(), on="valkey"):
            with pytest.raises(redis.ConnectionError):
                await asked()
        assert await asked() is None


async def test_fault_is_reverted_when_its_block_is_cancelled(
    wire: Wire, client: httpx.AsyncClient
) -> None:
    async def hold() -> None:
        async with wire.fault(down()), wire.fault(Status()):
            await asyncio.sleep(60)

    for wait_s in (0.0, 0.001, 0.01, 0.1):  # also in the middle of its beginning
        task = asyncio.create_task(hold())
        await asyncio.sleep(wait_s)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await client.get("/")).status_code == 200


async def test_what_isnt_there_cant_be_hit(wire: Wire) -> None:
    for fault, said in ((down(), "no link 'database'"), (killed(), "no process 'database'")):
        with pytest.raises(UsageError, match=f"{said}.*there is: provider"):
            async with wire.fault(fault, on="database"):
                pass
    with pytest.raises(UsageError, match="Toxiproxy knows no requests"):
        async with wire.fault(down(), when=When(first=1)):
            pass
    with pytest.raises(UsageError, match="says its own"):
        async with wire.fault(Rule(do=Status()), match=Match(path="/")):
            pass


def test_service_at_a_url_cant_be_killed(session: Session, provider: Service) -> None:
    config = Config.model_validate({"services": {"far": {"url": provider.url, "health": "/"}}})
    launcher = Launcher(session, config, Path.cwd())
    with pytest.raises(UsageError, match=r"services\.far runs at a url"):
        Service(launcher, launcher.start("far")).kill()


def test_faults_are_named_for_a_timeline() -> None:
    named = [fault_name(one) for one in (down(), killed(), Status(), Rule(do=Status()))]
    assert named == ["down", "killed", "status", "status"]
