"""Libraries of asyncio run on the simulation as they are."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

import aiohttp
import aiohttp.web
import asyncpg
import fastapi
import httpx
import hypercorn.asyncio
import hypercorn.config
import pytest
import redis.asyncio
import redis.exceptions
import uvicorn

from seatrial.simulation import (
    LinkDown,
    LinkLatency,
    LinkReset,
    Simulation,
    SimulationError,
    serve,
    serve_asgi,
)


def make_app() -> fastapi.FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[dict[str, str]]:
        yield {"greeting": "hello"}

    app = fastapi.FastAPI(lifespan=lifespan)

    @app.get("/slow")
    async def slow(seconds: float) -> float:
        await asyncio.sleep(seconds)
        return time.monotonic()

    @app.get("/sync")
    def sync(request: fastapi.Request) -> str:
        return str(request.state.greeting)

    @app.post("/size")
    async def size(request: fastapi.Request) -> int:
        return len(await request.body())

    return app


def test_uvicorn_fastapi_and_httpx_in_no_time(sim: Simulation) -> None:
    async def main() -> None:
        async with (
            serve_asgi(make_app(), "shop", 8000),
            httpx.AsyncClient(base_url="http://shop:8000", timeout=3600) as client,
        ):
            began_s = time.monotonic()
            answers = await asyncio.gather(
                *(client.get("/slow", params={"seconds": n * 60}) for n in range(20))
            )
            assert [answer.status_code for answer in answers] == [200] * 20
            assert time.monotonic() - began_s == pytest.approx(19 * 60, abs=0.1)
            assert (await client.get("/sync")).json() == "hello"
            assert (await client.post("/size", content=b"x" * 1_000_000)).json() == 1_000_000

    sim.run(main())


def test_httpx_uses_a_pooled_connection_again_and_not_one_that_ended(sim: Simulation) -> None:
    async def main() -> None:
        async with (
            serve_asgi(make_app(), "shop", 8000, timeout_keep_alive=5),
            httpx.AsyncClient(base_url="http://shop:8000") as client,
        ):
            for _ in range(3):
                await client.get("/sync")
            assert sim.link("shop", 8000).accepted == 1
            await asyncio.sleep(10)
            await client.get("/sync")
            assert sim.link("shop", 8000).accepted == 2

    sim.run(main())


def test_httpx_names_what_a_link_does_to_it(sim: Simulation) -> None:
    async def main() -> None:
        link = sim.link("127.0.0.1", 8000)
        async with (
            serve_asgi(make_app(), "127.0.0.1", 8000),
            httpx.AsyncClient(base_url="http://127.0.0.1:8000", timeout=3) as client,
        ):
            with link.fault(LinkDown()), pytest.raises(httpx.ConnectError):
                await client.get("/sync")
            with link.fault(LinkReset()), pytest.raises(httpx.ReadError):
                await client.get("/sync")
            began_s = time.monotonic()
            with link.fault(LinkLatency(60)), pytest.raises(httpx.ReadTimeout):
                await client.get("/sync")
            assert time.monotonic() - began_s == pytest.approx(3, abs=0.1)
            assert (await client.get("/sync")).status_code == 200

    sim.run(main())


def test_an_idle_server_of_serve_asgi_takes_no_steps(sim: Simulation) -> None:
    """A day of uvicorn's own ticks would be 864 000 steps."""

    async def main() -> None:
        async with serve_asgi(make_app(), "shop", 8000):
            began_s = time.process_time()
            await asyncio.sleep(24 * 3600)
            assert time.process_time() - began_s < 1

    sim.run(main())


def test_the_date_header_follows_the_virtual_clock(sim: Simulation) -> None:
    async def main() -> None:
        async with (
            serve_asgi(make_app(), "shop", 8000),
            httpx.AsyncClient(base_url="http://shop:8000") as client,
        ):
            await asyncio.sleep(24 * 3600)
            assert "02 Jan 2026" in (await client.get("/sync")).headers["date"]

    sim.run(main())


def test_an_application_that_does_not_start_says_where(sim: Simulation) -> None:
    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        raise ZeroDivisionError
        yield

    async def main() -> None:
        async with serve_asgi(fastapi.FastAPI(lifespan=lifespan), "shop", 8000, lifespan="on"):
            pass

    with pytest.raises(SimulationError, match="shop:8000"):
        sim.run(main())


def test_uvicorn_serves_by_itself_but_for_its_signal_handlers(sim: Simulation) -> None:
    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self):  # type: ignore[no-untyped-def]
            yield

    async def main() -> int:
        config = uvicorn.Config(make_app(), host="shop", port=8000, loop="none", log_config=None)
        async with (
            serve(Server(config).serve(), "shop", 8000),
            httpx.AsyncClient(base_url="http://shop:8000") as client,
        ):
            return (await client.get("/sync")).status_code

    assert sim.run(main()) == 200


def test_aiohttp_serves_and_calls(sim: Simulation) -> None:
    async def answer(request: aiohttp.web.Request) -> aiohttp.web.Response:
        return aiohttp.web.json_response({"size": len(await request.read())})

    async def main() -> None:
        app = aiohttp.web.Application()
        app.router.add_post("/size", answer)
        runner = aiohttp.web.AppRunner(app)
        await runner.setup()
        await aiohttp.web.TCPSite(runner, "shop", 8000).start()
        async with aiohttp.ClientSession() as session:
            for _ in range(3):
                async with session.post("http://shop:8000/size", data=b"x" * 100_000) as response:
                    assert await response.json() == {"size": 100_000}
            assert sim.link("shop", 8000).accepted == 1
            with sim.link("shop", 8000).fault(LinkDown()):
                await asyncio.sleep(1)
                with pytest.raises(aiohttp.ClientConnectorError):
                    await session.post("http://shop:8000/size")
        await runner.cleanup()

    sim.run(main())


def test_hypercorn_serves(sim: Simulation) -> None:
    async def main() -> int:
        config = hypercorn.config.Config()
        config.bind = ["127.0.0.1:8000"]
        stop = asyncio.Event()
        serving = hypercorn.asyncio.serve(make_app(), config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]
        async with (
            serve(serving, "127.0.0.1", 8000),
            httpx.AsyncClient(base_url="http://127.0.0.1:8000") as client,
        ):
            return (await client.get("/sync")).status_code

    assert sim.run(main()) == 200


async def keep_values(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer as much of Redis' protocol as SET and GET need."""
    values: dict[bytes, bytes] = {}
    while head := await reader.readline():
        words = []
        for _ in range(int(head[1:])):
            size = int((await reader.readline())[1:])
            words.append((await reader.readexactly(size + 2))[:-2])
        match words:
            case [b"SET", key, value]:
                values[key] = value
                writer.write(b"+OK\r\n")
            case [b"GET", key]:
                writer.write(b"$%d\r\n%b\r\n" % (len(values[key]), values[key]))
            case _:
                writer.write(b"-ERR unknown command\r\n")
    writer.close()


def test_redis_py_calls(sim: Simulation) -> None:
    async def main() -> None:
        server = await asyncio.start_server(keep_values, "cache", 6379)
        client = redis.asyncio.Redis(host="cache", protocol=2)
        await client.set("a", "1")
        assert await client.get("a") == b"1"
        server.close()
        await client.aclose()
        with pytest.raises(redis.exceptions.ConnectionError):
            await redis.asyncio.Redis(host="cache", protocol=2).get("a")

    sim.run(main())


def test_asyncpg_is_refused_where_no_server_is(sim: Simulation) -> None:
    async def main() -> None:
        sim.network.names.add("db")
        with pytest.raises(ConnectionRefusedError):
            await asyncpg.connect("postgresql://me@db/shop", ssl=False)
        assert sim.link("db", 5432).refused == 1

    sim.run(main())


def test_asyncpg_speaks_its_protocol(sim: Simulation) -> None:
    async def refuse_login(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(4))
        startup = await reader.readexactly(size - 4)
        assert b"shop" in startup
        fields = b"SFATAL\0C28000\0Mnobody gets in\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(refuse_login, "db", 5432)
        with pytest.raises(asyncpg.InvalidAuthorizationSpecificationError, match="nobody gets in"):
            await asyncpg.connect("postgresql://me@db/shop", ssl=False)
        server.close()

    sim.run(main())
