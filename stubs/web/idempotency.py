"""`Idempotency-Key`: the same request, sent again, has its effect once and its first answer again.

Whoever works under a key holds it for a few seconds and says again and again that it goes on. A
process that crashed says no more, and whoever asks next takes its place. A process that was only
slow finds then that the key isn't its own any more, and its transaction is undone.
"""

import asyncio
import contextlib
import hashlib
import json
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import Response

from stubs.background import end
from stubs.database import Database, DatabaseDown
from stubs.web.bodies import parse_json
from stubs.web.key_table import Held, KeptAnswer, KeyTable
from stubs.web.problems import Problem

HEADER = "idempotency-key"
LONGEST_KEY = 255
HOLD_S = 5.0
_KEEP_S = 7 * 86_400.0
_FORGET_EVERY_S = 3600.0
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')
# As it is sent, bare or quoted.
_KEY = (
    rf"^(?:[!#-~](?:[ -~]{{0,{LONGEST_KEY - 2}}}[!-~])?"
    rf'|"(?:[ !#-\[\]-~]|\\["\\]){{1,{LONGEST_KEY}}}")$'
)
# These were decided by the service's state, and the request had its effect or never will.
_REPLAYED = frozenset({402, 404, 409})

PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is answered as it was the first time. "
    "Quoted and bare are the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 2 * LONGEST_KEY + 2, "pattern": _KEY},
}
"""The header, for a route's `parameters` in the OpenAPI document."""


class KeyLostError(Exception):
    """Another request works under the key now; whatever this one was about to do is undone."""


class Once:
    """One request's right to work, under its key if it has one."""

    def __init__(self, table: KeyTable, held: Held | None) -> None:
        self._table = table
        self._held = held
        self.recorded: Response | None = None

    async def record(self, connection: AsyncConnection, response: Response) -> None:
        """Keep the answer in the transaction that makes it true; nothing without a key.

        Raises:
            KeyLostError: the key isn't ours any more: let it undo the transaction.
        """
        if self._held is None or not _is_replayed(response.status_code):
            return
        if not await self._table.keep(connection, self._held, _kept(response)):
            raise KeyLostError
        self.recorded = response


class IdempotencyKeys:
    """The keys of one service.

    Args:
        database: the service's own.
        table: where they are in it.
        hold_s: how long a key outlives a crash of who works under it, seconds.
        now: the time, seconds since 1970, about the same for all processes of the service.
    """

    def __init__(
        self,
        database: Database,
        table: KeyTable,
        *,
        hold_s: float = HOLD_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._table = table
        self._hold_s = hold_s
        self._now = now
        self._forget_at_s = 0.0

    async def once(self, request: Request, work: Callable[[Once], Awaitable[Response]]) -> Response:
        """Answer a request by working for it, or as it was answered before.

        An error that the application has a handler for counts as the handler's answer. Where the
        work changes the database, let it `record` its answer in the same transaction: otherwise a
        crash right after the change makes the request be worked for again.

        Args:
            request: what was asked; its body has passed its schema.
            work: does it.

        Raises:
            Problem: 400 for a bad key, 422 for one used with another body, 409 while the first
                request under it is worked for.
        """
        key = key_of(request)
        if key is None:
            return await _answer(request, work(Once(self._table, None)))
        scope = _digest(request.method, request.scope["path"], key)
        found = await self._hold(scope, fingerprint(await request.body()))
        if isinstance(found, Response):
            return found
        return await self._work(request, found, work)

    async def _work(
        self, request: Request, held: Held, work: Callable[[Once], Awaitable[Response]]
    ) -> Response:
        once = Once(self._table, held)
        kept = False
        try:
            async with self._holding_on(held):
                response = await _answer(request, work(once))
            kept = once.recorded is response or await self._keep(held, response)
        except KeyLostError:
            raise _running() from None
        finally:
            if not kept:
                # If it is down the key is free again when it isn't held any more.
                with contextlib.suppress(DatabaseDown):
                    async with self._database.writing() as connection:
                        await self._table.release(connection, held)
        return response

    async def _keep(self, held: Held, response: Response) -> bool:
        """Keep an answer that belongs to no change; false when it is none to be replayed."""
        if not _is_replayed(response.status_code):
            return False
        async with self._database.writing() as connection:
            # It may be kept already, in the work's own transaction.
            await self._table.keep(connection, held, _kept(response))
        return True

    async def _hold(self, scope: str, body: str) -> Held | Response:
        """The right to work, or the answer that was given."""
        while True:
            # Of two that begin in the same moment, one finds the other's row.
            with contextlib.suppress(IntegrityError):
                async with self._database.writing() as connection:
                    return await self._held_or_answered(connection, scope, body)

    async def _held_or_answered(
        self, connection: AsyncConnection, scope: str, body: str
    ) -> Held | Response:
        now_s = self._now()
        until = _ms(now_s + self._hold_s)
        if now_s >= self._forget_at_s:
            self._forget_at_s = now_s + _FORGET_EVERY_S
            await self._table.forget(connection, _ms(now_s - _KEEP_S))
        row: Any = await self._table.find(connection, scope)
        if row is None:
            return await self._table.hold_new(connection, scope, body, _ms(now_s), until)
        if row.fingerprint != body:
            raise Problem(422, "This Idempotency-Key was used with another body.")
        if row.status is not None:
            return _again(KeptAnswer(row.status, row.headers, row.body))
        if row.held_until > _ms(now_s):
            raise _running()
        return await self._table.take_over(connection, scope, until)

    @asynccontextmanager
    async def _holding_on(self, held: Held) -> AsyncGenerator[None]:
        async def hold_on() -> None:
            while True:
                await asyncio.sleep(self._hold_s / 3)
                with contextlib.suppress(DatabaseDown):
                    async with self._database.writing() as connection:
                        until = _ms(self._now() + self._hold_s)
                        await self._table.hold_on(connection, held, until)

        holding = asyncio.create_task(hold_on())
        try:
            yield
        finally:
            await end([holding])


def key_of(request: Request) -> str | None:
    """The request's key, without its quotes; None when it has none.

    Raises:
        Problem: 400 when it is sent twice, empty, too long, not printable, or badly quoted.
    """
    values = request.headers.getlist(HEADER)
    if not values:
        return None
    key = values[0].strip()
    if key.startswith('"'):
        quoted = _QUOTED.fullmatch(key)
        key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else ""
    if len(values) > 1 or not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and _plain(key)):
        raise Problem(
            400, f"Idempotency-Key should be sent once, as 1 to {LONGEST_KEY} printable characters."
        )
    return key


def fingerprint(raw: bytes) -> str:
    """Return what two bodies share that are the same JSON, however it is written.

    Raises:
        Problem: 400 when it isn't JSON; no body at all is one of its own.
    """
    if not raw:
        return _digest("no body")
    return _digest("json", json.dumps(_same(parse_json(raw)), sort_keys=True))


def _same(value: Any) -> Any:
    """The value with each number in one way of writing: 1, 1.0 and 1e0 are the same."""
    if isinstance(value, dict):
        return {name: _same(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_same(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _plain(key: str) -> bool:
    return all(" " <= character <= "~" for character in key)


async def _answer(request: Request, working: Awaitable[Response]) -> Response:
    """The work's answer; an error that the application has a handler for is one too."""
    try:
        return await working
    except KeyLostError:
        raise
    except Exception as error:
        for kind in type(error).__mro__[:-2]:
            handler = request.app.exception_handlers.get(kind)
            if handler is not None:
                response: Response = await handler(request, error)
                return response
        raise


def _is_replayed(status: int) -> bool:
    return 200 <= status < 300 or status in _REPLAYED


def _kept(response: Response) -> KeptAnswer:
    # The length is the body's, and is written again.
    headers = [pair for pair in response.headers.items() if pair[0] != "content-length"]
    return KeptAnswer(response.status_code, json.dumps(headers), bytes(response.body))


def _again(kept: KeptAnswer) -> Response:
    headers = dict(json.loads(kept.headers))
    return Response(kept.body, kept.status, {**headers, "idempotent-replayed": "true"})


def _running() -> Problem:
    return Problem(
        409,
        "The first request with this Idempotency-Key is still worked for.",
        headers={"retry-after": "1"},
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _ms(seconds: float) -> int:
    return int(seconds * 1000)
