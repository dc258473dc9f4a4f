"""The design's UserEventSubscriber, reading the stream instead of the channel.

The design subscribes to the channel: whatever is published while it is away is lost to it.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from redis.asyncio import Redis

from stubs.events.channels import USER_EVENTS
from stubs.events.dead_letters import DeadLetters
from stubs.events.messages import BadEvent, UserEvent, parse_user_event
from stubs.events.seen import Seen
from stubs.tracing import Tracer, traced

_BATCH = 500
_BLOCK_MS = 500  # shorter than the answer's timeout, so that silence means that Redis is away
_SETTLE_BLOCK_MS = 100
_FIRST_PAUSE_S = 0.05
_LONGEST_PAUSE_S = 0.5
_NOTHING_YET = b"0-0"


class UserEventHandler(Protocol):
    """What a subscriber tells."""

    async def handle(self, event: UserEvent) -> None:
        """A change; never older than one told before for the same user, never the same twice.

        Raises:
            BadEvent: it can't be used, now or later.
        """

    def lost(self) -> None:
        """From now on changes may be missed: what is remembered may be old."""

    def forgotten(self) -> None:
        """Changes were missed for good: what is remembered can't be told from what is old."""

    def caught_up(self) -> None:
        """All changes were told: what is remembered is as new as can be."""


class UserEventSubscriber:
    """Reads every event of the stream, each process for itself, from the last one it saw.

    Args:
        redis: where the stream is.
        handler: what is told.
        tracer: where losses, recoveries and dead letters are written.
        tries: how often a handler is asked before the event goes to the dead letters.
        settle_s: how long after a reconnection it takes the stream's end, which it counts as caught
            up with once it has read it: a publisher that was cut off too needs this long to send
            what it kept.
        clock: monotonic seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        redis: Redis,
        handler: UserEventHandler,
        tracer: Tracer,
        *,
        tries: int = 3,
        settle_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._redis = redis
        self._handler = handler
        self._tracer = tracer
        self._tries = tries
        self._settle_s = settle_s
        self._clock = clock
        self._sleep = sleep
        self._dead_letters = DeadLetters(redis, USER_EVENTS.name)
        self._seen = Seen()
        self._last_id: bytes | None = None
        self.is_caught_up = False
        self.failing = "not connected yet"
        self.handled = 0
        self.repeated = 0
        self.dead = 0

    async def run(self) -> None:
        """Read until cancelled; a lost connection is told, and made again after a pause."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self._follow()
            except Exception as error:  # noqa: BLE001 - nothing may end the reading unnoticed
                # A connection that worked starts the pauses anew.
                pause_s = _FIRST_PAUSE_S if self.is_caught_up else pause_s
                self._lost(error)
            await self._sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _follow(self) -> None:
        # One connection throughout: a pool would replace a broken one without a word, and
        # what was published in between would be missed unnoticed.
        async with self._redis.client() as connection:
            settled_at_s = await self._resume(connection)
            end: bytes | None = None
            while True:
                if end is None and self._clock() >= settled_at_s:
                    end = await _end(connection)
                if not self.is_caught_up and end is not None and self._has_read(end):
                    self._caught_up()
                for entry_id, fields in await self._read(connection):
                    await self._take(entry_id, fields)
                    self._last_id = entry_id

    async def _resume(self, connection: Redis) -> float:
        """Find the place to go on from; returns the time from which on it counts as caught up."""
        if self._last_id is not None and await _holds(connection, self._last_id):
            return self._clock() + self._settle_s
        # At the start, or when the stream doesn't go back as far as we had read: Redis lost it.
        first_time = self._last_id is None
        self._last_id = await _end(connection)
        self._handler.forgotten()
        return self._clock() + (0 if first_time else self._settle_s)

    def _has_read(self, entry_id: bytes) -> bool:
        # Not "there is nothing more": events that flow steadily would put that off for ever.
        assert self._last_id is not None
        return _order(self._last_id) >= _order(entry_id)

    async def _read(self, connection: Redis) -> list[tuple[bytes, dict[bytes, bytes]]]:
        assert self._last_id is not None
        answer: Any = await connection.xread(
            {USER_EVENTS.name: self._last_id},
            count=_BATCH,
            block=_BLOCK_MS if self.is_caught_up else _SETTLE_BLOCK_MS,
        )
        return _entries(answer)

    async def _take(self, entry_id: bytes, fields: dict[bytes, bytes]) -> None:
        raw = fields.get(b"event", b"")
        try:
            event = parse_user_event(raw)
            if self._seen.before(event):
                self.repeated += 1
                return
            with traced(event.trace_id):
                await self._handle(event)
        except Exception as bad:  # noqa: BLE001 - whatever is wrong with it, it blocks no other
            reason = str(bad) or type(bad).__name__
            await self._dead_letters.add(entry_id, raw, reason)
            # Whom it was about can't be told, so nothing remembered can be believed.
            self._handler.forgotten()
            self.dead += 1
            self._tracer.event("event_dead", id=entry_id.decode(), reason=reason)
        else:
            self._seen.add(event)
            self.handled += 1

    async def _handle(self, event: UserEvent) -> None:
        for left in reversed(range(self._tries)):
            try:
                await self._handler.handle(event)
            except BadEvent:
                raise
            except Exception as error:
                if not left:
                    raise BadEvent(
                        f"it wasn't handled after {self._tries} tries: {error}"
                    ) from error
            else:
                self._tracer.event("event_handled", type=event.type, userId=event.user_id)
                return

    def _lost(self, error: Exception) -> None:
        self.failing = str(error) or type(error).__name__
        if self.is_caught_up:
            self.is_caught_up = False
            self._handler.lost()
            self._tracer.event("events_lost", error=self.failing)

    def _caught_up(self) -> None:
        self.is_caught_up = True
        self.failing = ""
        self._handler.caught_up()
        self._tracer.event("events_caught_up")


async def _end(connection: Redis) -> bytes:
    """Return the id of the stream's last entry."""
    newest: Any = await connection.xrevrange(USER_EVENTS.name, count=1)
    return newest[0][0] if newest else _NOTHING_YET


def _order(entry_id: bytes) -> tuple[int, ...]:
    return tuple(int(part) for part in entry_id.split(b"-"))


async def _holds(connection: Redis, entry_id: bytes) -> bool:
    """Whether the stream still has the entry that was read last, and so all that came after it."""
    return bool(await connection.xrange(USER_EVENTS.name, min=entry_id, max=entry_id, count=1))


def _entries(answer: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries of one stream in an answer to XREAD, whose shape hangs on the protocol."""
    if not answer:
        return []
    if isinstance(answer, dict):
        batches = next(iter(answer.values()))
        return list(batches[0]) if batches and isinstance(batches[0], list) else list(batches)
    return list(answer[0][1])
