"""Idempotency keys, over HTTP, on either kind of database."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from sqlalchemy import Column, MetaData, String, Table, func, insert, select
from starlette.responses import Response

from stubs.database import Database, Schema
from stubs.web.idempotency import IdempotencyKeys, Once
from stubs.web.key_table import KeyTable
from stubs.web.problems import Problem, answer_problems

TABLES = MetaData()
KEYS = KeyTable(TABLES)
EFFECTS = Table("effects", TABLES, Column("name", String(64)))

Work = Callable[[Once], Awaitable[Response]]


class Refused(Exception):  # noqa: N818 - as services name what they refuse
    """The application has a handler for it."""


class Rig:
    """An application with one route, whose work each test chooses."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now_s = 1_000_000.0
        self.keys = IdempotencyKeys(database, KEYS, now=lambda: self.now_s)
        self.worked = 0
        self.work: Work = self.effect
        self.app = FastAPI()
        answer_problems(self.app)

        async def refused(_request: Request, _error: Exception) -> Response:
            return Problem(409, "Refused.").response()

        self.app.add_exception_handler(Refused, refused)

        @self.app.post("/{path:path}")
        async def route(request: Request) -> Response:
            return await self.keys.once(request, lambda once: self.work(once))

        self.http = self.client()

    def client(self) -> httpx.AsyncClient:
        """A client of the application."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://x")

    async def effect(self, once: Once) -> Response:
        """Writes one row and keeps the answer with it."""
        self.worked += 1
        answer = Response(
            f'{{"n":{self.worked}}}', 201, {"location": "/1"}, media_type="application/json"
        )
        async with self.database.writing() as connection:
            await connection.execute(insert(EFFECTS).values(name=str(self.worked)))
            await once.record(connection, answer)
        return answer

    async def effects(self) -> int:
        """Return how many rows were written."""
        async with self.database.reading() as connection:
            found = await connection.execute(select(func.count()).select_from(EFFECTS))
            return int(found.scalar_one())

    async def post(
        self, body: Any = None, key: str | None = "k", path: str = "/p", raw: bytes | None = None
    ) -> httpx.Response:
        """Send a request under a key."""
        headers = {} if key is None else {"idempotency-key": key}
        content = raw if raw is not None else json.dumps(body or {}).encode()
        return await self.http.post(path, content=content, headers=headers)


@pytest.fixture
async def rig(database_url: str) -> AsyncIterator[Rig]:
    database = Database(database_url)
    await database.open(Schema(TABLES))
    rig = Rig(database)
    yield rig
    await rig.http.aclose()
    await database.close()


def answering(status: int) -> Work:
    """Work that answers this and changes nothing."""

    async def work(_once: Once) -> Response:
        return Response(b"body", status)

    return work


async def test_a_repeated_request_has_its_effect_once_and_the_same_answer(rig: Rig) -> None:
    first, again = await rig.post({"a": 1}), await rig.post({"a": 1})
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["location"] == first.headers["location"] == "/1"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert await rig.effects() == 1


async def test_without_a_key_each_request_is_worked_for(rig: Rig) -> None:
    for _ in range(2):
        assert (await rig.post(key=None)).status_code == 201
    assert await rig.effects() == 2


async def test_a_key_counts_for_its_path_alone(rig: Rig) -> None:
    await rig.post(path="/p")
    await rig.post(path="/q", body={"other": 1})
    assert await rig.effects() == 2


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("k", '"k"'),
        (r"a\"b", r"a\"b"),
        (r'"a\"b"', 'a"b'),
        (r'"a\\b"', r"a\b"),
        ("  k  ", "k"),
        ("k" * 255, '"' + "k" * 255 + '"'),
    ],
)
async def test_quoted_and_bare_keys_are_the_same(rig: Rig, one: str, two: str) -> None:
    for key in (one, two):
        assert (await rig.post(key=key)).status_code == 201
    assert await rig.effects() == 1


@pytest.mark.parametrize(
    "key", ["", " ", '""', "k" * 256, '"' + "k" * 256 + '"', '"k', "a\x7fb", "a\tb", "\xe9"]
)
async def test_what_cannot_be_a_key_is_400_and_nothing_is_done(rig: Rig, key: str) -> None:
    headers = [(b"idempotency-key", key.encode("latin-1"))]
    answer = await rig.http.post("/p", content=b"{}", headers=headers)
    assert answer.status_code == 400
    assert rig.worked == 0


async def test_two_keys_in_one_request_are_400(rig: Rig) -> None:
    headers = [("idempotency-key", "a"), ("idempotency-key", "b")]
    assert (await rig.http.post("/p", content=b"{}", headers=headers)).status_code == 400


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (b'{"a":1,"b":[1,{"c":"x"}]}', b' { "b" : [1.0, {"c":"\\u0078"}], "a":1e0 } '),
        (b'{"a":2,"a":1}', b'{"a":1}'),
        (b"[0]", b"[-0.0]"),
        (b"", b""),
    ],
)
async def test_bodies_that_are_the_same_json_are_the_same(rig: Rig, one: bytes, two: bytes) -> None:
    for raw in (one, two):
        assert (await rig.post(raw=raw)).status_code == 201
    assert await rig.effects() == 1


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (b'{"a":1}', b'{"a":2}'),
        (b'{"a":1}', b'{"a":"1"}'),
        (b'{"a":1}', b'{"a":true}'),
        (b'{"a":1}', b'{"a":1,"b":null}'),
        (b"[1,2]", b"[2,1]"),
        (b'{"a":0}', b'{"a":false}'),
        (b'{"a":10000000000000001}', b'{"a":10000000000000002}'),
        (b"", b"{}"),
    ],
)
async def test_another_body_under_the_same_key_is_422(rig: Rig, one: bytes, two: bytes) -> None:
    assert (await rig.post(raw=one)).status_code == 201
    answer = await rig.post(raw=two)
    assert (answer.status_code, answer.json()["status"]) == (422, 422)
    assert (await rig.post(raw=one)).status_code == 201
    assert await rig.effects() == 1


@pytest.mark.parametrize("status", [200, 201, 204, 402, 404, 409])
async def test_what_was_decided_is_replayed(rig: Rig, status: int) -> None:
    rig.work = answering(status)
    first = await rig.post()
    rig.work = answering(299)
    assert (await rig.post()).status_code == first.status_code == status


@pytest.mark.parametrize("status", [400, 403, 413, 422, 429, 500, 503])
async def test_what_was_not_decided_is_asked_again(rig: Rig, status: int) -> None:
    rig.work = answering(status)
    assert (await rig.post()).status_code == status
    assert (await rig.post({"another": "body"})).status_code == status
    rig.work = rig.effect
    assert (await rig.post()).status_code == 201


async def test_an_error_with_a_handler_is_replayed_and_one_without_frees_the_key(
    rig: Rig,
) -> None:
    async def fail(_once: Once) -> Response:
        raise error

    rig.work, error = fail, RuntimeError("unforeseen")
    assert (await rig.post()).status_code == 500
    error = Refused()  # type: ignore[assignment]
    assert (await rig.post()).status_code == 409
    rig.work = rig.effect
    again = await rig.post()
    assert (again.status_code, again.headers["idempotent-replayed"]) == (409, "true")
    assert "retry-after" not in again.headers


async def test_while_the_first_is_worked_for_another_is_409_with_retry_after(rig: Rig) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow(once: Once) -> Response:
        begun.set()
        await go_on.wait()
        return await rig.effect(once)

    rig.work = slow
    first = asyncio.create_task(rig.post())
    await begun.wait()
    running = await rig.post()
    other = await rig.post({"another": "body"})
    assert (running.status_code, running.headers["retry-after"]) == (409, "1")
    assert other.status_code == 422
    go_on.set()
    assert (await first).status_code == 201
    assert (await rig.post()).content == (await first).content
    assert await rig.effects() == 1


async def test_of_many_at_once_one_is_worked_for(rig: Rig) -> None:
    answers = await asyncio.gather(*(rig.post() for _ in range(20)))
    assert await rig.effects() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (await rig.post()).status_code == 201


async def test_a_crash_while_it_was_worked_for_frees_the_key_after_a_while(rig: Rig) -> None:
    async def crash(_once: Once) -> Response:
        raise asyncio.CancelledError

    async def never(*_: object) -> None:
        """Do what a dead process does: nothing."""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KEYS, "release", never)
        rig.work = crash
        with pytest.raises(asyncio.CancelledError):
            await rig.post()
    rig.work = rig.effect
    assert (await rig.post()).status_code == 409
    rig.now_s += 5.001
    assert (await rig.post()).status_code == 201
    assert await rig.effects() == 1


async def test_who_lost_the_key_to_another_changes_nothing(rig: Rig) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def paused(once: Once) -> Response:
        begun.set()
        await go_on.wait()
        return await rig.effect(once)

    rig.work = paused
    first = asyncio.create_task(rig.post())
    await begun.wait()
    rig.work = rig.effect
    rig.now_s += 5.001
    second = await rig.post()
    go_on.set()
    lost = await first
    assert (second.status_code, lost.status_code, lost.headers["retry-after"]) == (201, 409, "1")
    assert await rig.effects() == 1
    assert (await rig.post()).content == second.content


async def test_who_works_for_long_keeps_the_key(rig: Rig) -> None:
    rig.keys = IdempotencyKeys(rig.database, KEYS, hold_s=0.03, now=lambda: rig.now_s)
    begun, go_on = asyncio.Event(), asyncio.Event()
    held_on = asyncio.Event()
    hold_on = KEYS.hold_on

    async def slow(once: Once) -> Response:
        begun.set()
        await go_on.wait()
        return await rig.effect(once)

    async def seen(*arguments: Any) -> bool:
        went_on = await hold_on(*arguments)
        held_on.set()
        return went_on

    rig.work = slow
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KEYS, "hold_on", seen)
        first = asyncio.create_task(rig.post())
        await begun.wait()
        for _ in range(3):
            rig.now_s += 0.02
            held_on.clear()
            await held_on.wait()
        assert (await rig.post()).status_code == 409
        go_on.set()
        assert (await first).status_code == 201


async def test_an_answer_kept_in_a_transaction_that_failed_was_not_given(rig: Rig) -> None:
    async def fail_late(once: Once) -> Response:
        async with rig.database.writing() as connection:
            await connection.execute(insert(EFFECTS).values(name="never"))
            await once.record(connection, Response(b"never", 200))
            raise RuntimeError("after it was kept")

    rig.work = fail_late
    assert (await rig.post()).status_code == 500
    rig.work = rig.effect
    assert (await rig.post()).status_code == 201
    assert await rig.effects() == 1


async def test_keys_outlive_the_process_and_are_forgotten_after_a_week(
    rig: Rig, database_url: str
) -> None:
    first = await rig.post()
    database = Database(database_url)
    await database.open(Schema(TABLES))
    later = Rig(database)
    later.now_s = rig.now_s + 6 * 86_400
    assert (await later.post()).content == first.content
    later.now_s += 2 * 86_400
    assert (await later.post()).status_code == 201
    assert await later.effects() == 2
    await later.http.aclose()
    await database.close()
