"""What is killed in a simulation ends as a process does that gets SIGKILL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from seatrial.simulation import SimulatedProcess, Simulation, serve_asgi

URL = "http://shop/orders"


def shop(database: Path, done: list[str]) -> Starlette:
    """Return a shop that has orders of every second minute, and takes a minute for a new one."""

    async def minutes() -> None:
        while True:
            await asyncio.sleep(60)
            done.append("a minute passed")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        minute = asyncio.create_task(minutes())
        yield
        minute.cancel()

    async def order(_: Request) -> Response:
        connection = sqlite3.connect(database)
        connection.execute("INSERT INTO orders VALUES (1)")
        try:
            await asyncio.sleep(60)
        finally:
            done.append("cleaned up")
        connection.commit()
        return Response()

    async def orders(_: Request) -> Response:
        with sqlite3.connect(database, timeout=0) as connection:
            connection.execute("INSERT INTO orders VALUES (2)")  # it isn't locked
            return JSONResponse(connection.execute("SELECT * FROM orders").fetchall())

    routes = [Route("/orders", order, methods=["POST"]), Route("/orders", orders, methods=["GET"])]
    return Starlette(routes=routes, lifespan=lifespan)


def test_nothing_of_it_runs_any_more_and_it_can_be_started_again(
    sim: Simulation, tmp_path: Path
) -> None:
    database, done = tmp_path / "orders.db", list[str]()
    sqlite3.connect(database).execute("CREATE TABLE orders (number)")

    async def main() -> Any:
        process = SimulatedProcess()
        with process.entered():
            serving = serve_asgi(shop(database, done), "shop", 80)
            await serving.__aenter__()  # a killed one doesn't come to its end
        async with httpx.AsyncClient(timeout=1000) as client:
            ordering = asyncio.create_task(client.post(URL))
            await asyncio.sleep(1)
            process.kill(sim.loop)
            assert not sim.network.is_listening("shop", 80)
            (reset,) = await asyncio.gather(ordering, return_exceptions=True)
            assert isinstance(reset, httpx.ReadError)
            await asyncio.sleep(600)
            assert not done
            async with serve_asgi(shop(database, done), "shop", 80):
                return (await client.get(URL)).json()

    async def in_time() -> Any:
        return await asyncio.wait_for(main(), 1000)

    assert sim.run(in_time()) == [[2]]
