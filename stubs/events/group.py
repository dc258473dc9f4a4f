"""Reading a stream as one of a group: each event is handled by one process of a service.

At least once: an event counts as handled when its handler returned, and another process takes
over what a dead one left. So a handler must bear to be told the same twice, and an older event
after a newer one.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from stubs.database import DatabaseAway
from stubs.events.channels import USER_EVENTS
from stubs.events.dead_letters import DeadLetters
from stubs.events.messages import BadEvent, UserEvent, parse_user_event
from stubs.tracing import Tracer, traced

_BATCH = 100
_BLOCK_MS = 500  # shorter than the answer's timeout, so that silence means that Redis is away
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5
_MOST_DELIVERIES = 5  # an event that ends whoever handles it must end somewhere, too
_FORGET_READER_MS = 3_600_000
_NEW, _OWN = ">", "0"

Handle = Callable[[UserEvent], Awaitable[None]]


class UserEventGroup:
    """One process of a group that reads the stream of user events.

    Args:
        redis: where the stream is.
        group: the service's name.
        handle: does what an event calls for; raises `BadEvent` for one that can never be handled,
            and `DatabaseAway` for what is not the event's fault: it is tried until it works.
        tracer: where failures and dead letters are written.
        tries: how often the handler is asked before the event goes to the dead letters.
        idle_s: after how long another process takes over what one has begun, seconds.
        clock: monotonic seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        redis: Redis,
        group: str,
        handle: Handle,
        tracer: Tracer,
        *,
        tries: int = 3,
        idle_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._redis = redis
        self._group = group
        self._handle = handle
        self._tracer = tracer
        self._tries = tries
        self._idle_s = idle_s
        self._clock = clock
        self._sleep = sleep
        self._stream = USER_EVENTS.name
        self._dead_letters = DeadLetters(redis, self._stream)
        self.name = f"{group}-{secrets.token_hex(8)}"
        self.failing = "not connected yet"
        self.handled = 0
        self.dead = 0

    async def run(self) -> None:
        """Read until cancelled; an error is told, and all is tried again after a pause."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - nothing may end the reading unnoticed
                # A connection that worked starts the pauses anew.
                pause_s = pause_s if self.failing else _FIRST_PAUSE_S
                self._failed(error)
            await self._sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _follow(self) -> None:
        await self._join()
        # What we had begun when an error came.
        while entries := await self._read(_OWN):
            await self._take_all(entries)
        self._works()  # now: what comes next waits for an event
        reclaim_at_s = self._clock()
        while True:
            if self._clock() >= reclaim_at_s:
                await self._reclaim()
                reclaim_at_s = self._clock() + self._idle_s
            await self._take_all(await self._read(_NEW))
            self._works()

    async def _join(self) -> None:
        """Make the group where there is none, at the stream's beginning, so that nothing is missed.

        That is so at the very first start, and after Redis lost all it had.
        """
        try:
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _read(self, after: str) -> list[tuple[bytes, Any]]:
        answer: Any = await self._redis.xreadgroup(
            self._group, self.name, {self._stream: after}, count=_BATCH, block=_BLOCK_MS
        )
        if not answer:
            return []
        batches = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
        # RESP3 wraps the entries once more.
        return list(batches[0] if batches and isinstance(batches[0][0], list) else batches)

    async def _reclaim(self) -> None:
        """Take over what others began and didn't end in time, and forget who is long gone."""
        start: Any = "0-0"
        while True:
            answer: Any = await self._redis.xautoclaim(
                self._stream,
                self._group,
                self.name,
                min_idle_time=int(self._idle_s * 1000),
                start_id=start,
                count=_BATCH,
            )
            await self._take_all(answer[1], begun_before=True)
            start = answer[0]
            if start in (b"0-0", "0-0"):
                break
        readers: Any = await self._redis.xinfo_consumers(self._stream, self._group)
        for reader in readers:
            if not reader["pending"] and reader["idle"] > _FORGET_READER_MS:
                await self._redis.xgroup_delconsumer(self._stream, self._group, reader["name"])

    async def _take_all(
        self, entries: list[tuple[bytes, Any]], *, begun_before: bool = False
    ) -> None:
        for entry_id, fields in entries:
            if fields is not None:  # trimmed from the stream meanwhile
                await self._take(entry_id, fields.get(b"event", b""), begun_before)
            await self._redis.xack(self._stream, self._group, entry_id)

    async def _take(self, entry_id: bytes, raw: bytes, begun_before: bool) -> None:
        try:
            if begun_before:
                await self._refuse_deadly(entry_id)
            event = parse_user_event(raw)
            with traced(event.trace_id):
                await self._try(event)
        except BadEvent as bad:
            await self._dead_letters.add(entry_id, raw, str(bad))
            self.dead += 1
            self._tracer.event("event_dead", id=entry_id.decode(), reason=str(bad))
        else:
            self.handled += 1

    async def _try(self, event: UserEvent) -> None:
        for left in reversed(range(self._tries)):
            try:
                return await self._handle(event)
            except (BadEvent, DatabaseAway):
                raise
            except Exception as error:
                if not left:
                    raise BadEvent(
                        f"it wasn't handled after {self._tries} tries: {error}"
                    ) from error
        return None

    async def _refuse_deadly(self, entry_id: bytes) -> None:
        """Refuse an event whose handling ended one process after the other.

        Raises:
            BadEvent: it was given out too often.
        """
        pending: Any = await self._redis.xpending_range(
            self._stream, self._group, entry_id, entry_id, 1
        )
        if pending and pending[0]["times_delivered"] > _MOST_DELIVERIES:
            raise BadEvent(f"it wasn't handled after {_MOST_DELIVERIES} deliveries")

    def _failed(self, error: Exception) -> None:
        if not self.failing:
            self._tracer.event("group_failing", error=str(error))
        self.failing = str(error) or type(error).__name__

    def _works(self) -> None:
        self.failing = ""
