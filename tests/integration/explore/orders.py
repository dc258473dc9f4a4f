"""An ASGI application that keeps orders in PostgreSQL and looks at them through Valkey.

DEFECTS names the mistakes that are in. For tests of `seatrial explore`.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

DEFECTS = os.environ.get("DEFECTS", "").split(",")
TIMEOUT_S = 1.0
DOWN = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
TABLES = "CREATE TABLE IF NOT EXISTS orders (key text, item text)"
INSERT = "INSERT INTO orders SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM orders WHERE key = $1)"
INSERT_ALWAYS = "INSERT INTO orders VALUES ($1, $2)"
cache = Redis.from_url(
    os.environ["REDIS_URL"],
    socket_timeout=TIMEOUT_S,
    retry=Retry(NoBackoff(), 0),
    decode_responses=True,
)


@asynccontextmanager
async def database() -> AsyncIterator[Any]:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"], command_timeout=TIMEOUT_S)
    try:
        yield connection
    finally:
        connection.terminate()


async def insert(key: str, item: str) -> None:
    async with database() as connection, connection.transaction():
        await connection.execute(INSERT_ALWAYS if "no-key" in DEFECTS else INSERT, key, item)


async def order(key: str, item: str) -> tuple[int, Any]:
    for _ in range(2):
        try:
            await insert(key, item)
        except DOWN:
            continue
        return 201, {"key": key}
    return 503, {"title": "not now"}


async def look(key: str) -> tuple[int, Any]:
    try:
        if (known := await cache.get(f"order:{key}")) is not None:
            return 200, {"item": known}
    except RedisError:
        if "needs-cache" in DEFECTS:
            raise
    try:
        async with database() as connection:
            item = await connection.fetchval("SELECT item FROM orders WHERE key = $1", key)
    except DOWN:
        return 503, {"title": "not now"}
    if item is None:
        return 404, {"title": "there is none"}
    with suppress(RedisError):  # the next one asks the database again
        await cache.set(f"order:{key}", item)
    return 200, {"item": item}


async def totals() -> tuple[int, Any]:
    async with database() as connection:
        rows = await connection.fetch("SELECT key FROM orders")
    return 200, [row["key"] for row in rows]


async def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
    if path == "/health":
        async with database() as connection:
            await connection.execute(TABLES)
        return 200, {}
    if path == "/orders" and method == "POST":
        return await order(body["key"], body["item"])
    return await (totals() if path == "/orders" else look(path.rpartition("/")[2]))


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    received = b""
    while (message := await receive())["type"] == "http.request":
        received += message["body"]
        if not message.get("more_body"):
            break
    try:
        status, said = await answer(scope["method"], scope["path"], json.loads(received or b"{}"))
    except Exception as error:  # noqa: BLE001 - as a framework does
        status, said = 500, {"title": repr(error)}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})
