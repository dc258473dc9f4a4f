"""Reading a service's database from outside, whatever kind it is."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import asyncpg

Rows = list[tuple[object, ...]]


def read_rows(url: str, query: str) -> Rows:
    """Return what a query finds; may be called within a running loop."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as one:
            return one.execute(query).fetchall()
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(asyncio.run, _fetch(url, query)).result()


async def _fetch(url: str, query: str) -> Rows:
    connection = await asyncpg.connect(url, timeout=30)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
