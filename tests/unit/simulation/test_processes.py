"""What is killed in a simulation ends as a process does that gets SIGKILL."""

import asyncio
import fcntl
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
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


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize("locking", ["normal", "exclusive"])
def test_its_locks_on_a_database_are_free_and_what_it_read_is_left(
    sim: Simulation, tmp_path: Path, journal: str, locking: str
) -> None:
    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(tmp_path / "orders.db", timeout=0, isolation_level=None)
        connection.execute(f"PRAGMA locking_mode={locking}")
        connection.execute(f"PRAGMA journal_mode={journal}")
        return connection

    async def main() -> list[tuple[int]]:
        process = SimulatedProcess()
        with process.entered():
            first = opened()
            first.execute("CREATE TABLE orders (number)")
            first.execute("INSERT INTO orders VALUES (1), (2)")
            reading = first.execute("SELECT * FROM orders")
            reading.fetchone()
        process.kill(sim.loop)
        second = opened()
        second.execute("INSERT INTO orders VALUES (3)")
        found = second.execute("SELECT * FROM orders").fetchall()
        second.close()
        return found

    assert sim.run(main()) == [(1,), (2,), (3,)]


def test_a_file_that_it_locked_is_free(sim: Simulation, tmp_path: Path) -> None:
    async def main() -> None:
        process = SimulatedProcess()
        with process.entered():
            held = (tmp_path / "lock").open("w")
            fcntl.flock(held, fcntl.LOCK_EX)
        process.kill(sim.loop)
        with (tmp_path / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        held.close()

    sim.run(main())
