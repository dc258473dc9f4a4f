"""The event log over Redis: a stream and a channel of one name, consumer groups, dead letters."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from seatrial.errors import UsageError
from stubs.events.log import LogEntry, Position
from stubs.tracing.tracer import now_iso

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 2.0
_FIELD = "event"
_LONGEST_STREAM = 100_000
_BATCH = 500
_GROUP_BATCH = 100
_GROUP_WAIT_MS = 1000  # shorter than the answer's timeout, so that silence means that Redis is down
_FORGET_MEMBER_MS = 3_600_000
_BEFORE_ALL: Position = (0, 0)

# Several processes read the same stream: the first to find an entry bad puts it aside.
_PUT_ASIDE = """
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[5]) then
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], '*',
             'event', ARGV[1], 'reason', ARGV[2], 'id', ARGV[3], 'failedAt', ARGV[4])
  return 1
end
return 0
"""
_PUT_ASIDE_REMEMBERED_S = 24 * 3600
_MOST_PUT_ASIDE = 10_000


def connect_redis(url: str) -> Redis:
    """Return a client that connects when it is first used, and says at once when Redis is down.

    It gives bytes: an entry may be anything.

    Raises:
        UsageError: the URL isn't one that Redis understands.
    """
    try:
        return Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_TIMEOUT_S,
            socket_timeout=ANSWER_TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as error:
        raise UsageError(
            f"REDIS_URL can't be used ({error}); use redis://:password@127.0.0.1:6379/0"
        ) from None


class RedisLog:
    """An `EventLog`. What goes aside is in the stream `<stream>.dead`."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def append(self, messages: Sequence[tuple[str, str]]) -> None:
        """Append and publish each message, in one transaction."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for stream, message in messages:
                pipe.xadd(stream, {_FIELD: message}, maxlen=_LONGEST_STREAM, approximate=True)
                pipe.publish(stream, message)
            await pipe.execute()

    async def check(self) -> None:
        """Raise a RedisError when Redis is down."""
        await self._redis.ping()

    @asynccontextmanager
    async def follow(self, stream: str) -> AsyncGenerator["RedisFollower"]:
        """Open a connection of its own.

        A pool would replace a broken one without a word, and what was published in between would
        be missed unnoticed.
        """
        async with self._redis.client() as connection:
            yield RedisFollower(connection, stream)

    def join(self, stream: str, group: str, member: str, idle_s: float) -> "RedisMember":
        """Be a member of a consumer group."""
        return RedisMember(self._redis, stream, group, member, idle_s)

    async def put_aside(self, stream: str, entry: LogEntry, reason: str) -> None:
        """Add an entry with `event`, `reason`, `id` and `failedAt` to the dead letters, once."""
        dead = f"{stream}.dead"
        keys = (dead, f"{dead}:seen:{entry.id}")
        what = (entry.message, reason, entry.id, now_iso())
        bounds = (_PUT_ASIDE_REMEMBERED_S, _MOST_PUT_ASIDE)
        await self._redis.eval(_PUT_ASIDE, len(keys), *keys, *what, *bounds)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


class RedisFollower:
    """A `Follower` of one stream."""

    def __init__(self, connection: Redis, stream: str) -> None:
        self._connection = connection
        self._stream = stream

    async def end(self) -> Position:
        """Return the place of the last entry."""
        newest: Any = await self._connection.xrevrange(self._stream, count=1)
        return _position(newest[0][0]) if newest else _BEFORE_ALL

    async def holds(self, position: Position) -> bool:
        """Return whether the entry is there still."""
        entry_id = _id(position)
        return bool(
            await self._connection.xrange(self._stream, min=entry_id, max=entry_id, count=1)
        )

    async def read(self, after: Position, wait_s: float) -> list[LogEntry]:
        """Return the next entries."""
        answer: Any = await self._connection.xread(
            {self._stream: _id(after)}, count=_BATCH, block=int(wait_s * 1000)
        )
        return [_entry(*each) for each in _of_one_stream(answer)]


class RedisMember:
    """A `Member` of a consumer group."""

    def __init__(self, redis: Redis, stream: str, group: str, member: str, idle_s: float) -> None:
        self._redis = redis
        self._stream = stream
        self._group = group
        self._member = member
        self._idle_ms = int(idle_s * 1000)

    async def enter(self) -> None:
        """Make the group where there is none: at the very first start, or after Redis lost all."""
        try:
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def read_begun(self) -> list[LogEntry]:
        """Return what this member was given and hasn't acknowledged."""
        return await self._read("0")

    async def read_new(self) -> list[LogEntry]:
        """Return what nobody was given."""
        return await self._read(">")

    async def _read(self, after: str) -> list[LogEntry]:
        answer: Any = await self._redis.xreadgroup(
            self._group,
            self._member,
            {self._stream: after},
            count=_GROUP_BATCH,
            block=_GROUP_WAIT_MS,
        )
        return [each async for each in self._whole(_of_one_stream(answer))]

    async def take_over(self) -> AsyncIterator[LogEntry]:
        """Claim what others didn't acknowledge in time, and forget members that are long gone."""
        start: Any = "0-0"
        while True:
            answer: Any = await self._redis.xautoclaim(
                self._stream,
                self._group,
                self._member,
                min_idle_time=self._idle_ms,
                start_id=start,
                count=_GROUP_BATCH,
            )
            async for entry in self._whole(answer[1]):
                yield await self._counted(entry)
            start = answer[0]
            if start in (b"0-0", "0-0"):
                break
        await self._forget_members()

    async def acknowledge(self, entry: LogEntry) -> None:
        """Be done with an entry."""
        await self._redis.xack(self._stream, self._group, entry.id)

    async def _whole(self, raw: list[tuple[bytes, Any]]) -> AsyncIterator[LogEntry]:
        """Give those that are in the stream still, and be done with the others."""
        for entry_id, fields in raw:
            entry = _entry(entry_id, fields or {})
            if fields is None:
                await self.acknowledge(entry)
            else:
                yield entry

    async def _counted(self, entry: LogEntry) -> LogEntry:
        pending: Any = await self._redis.xpending_range(
            self._stream, self._group, entry.id, entry.id, 1
        )
        deliveries = pending[0]["times_delivered"] if pending else 1
        return LogEntry(entry.position, entry.message, deliveries)

    async def _forget_members(self) -> None:
        members: Any = await self._redis.xinfo_consumers(self._stream, self._group)
        for each in members:
            if not each["pending"] and each["idle"] > _FORGET_MEMBER_MS:
                await self._redis.xgroup_delconsumer(self._stream, self._group, each["name"])


def _entry(entry_id: bytes, fields: dict[bytes, bytes]) -> LogEntry:
    return LogEntry(_position(entry_id), fields.get(_FIELD.encode(), b""))


def _position(entry_id: bytes) -> Position:
    return tuple(int(part) for part in entry_id.split(b"-"))


def _id(position: Position) -> str:
    return "-".join(map(str, position))


def _of_one_stream(answer: Any) -> list[tuple[bytes, Any]]:
    """Return the raw entries in an answer about one stream, whose shape hangs on the protocol."""
    if not answer:
        return []
    batches = next(iter(answer.values())) if isinstance(answer, dict) else answer[0][1]
    # RESP3 wraps the entries once more.
    return list(batches[0] if batches and isinstance(batches[0], list) else batches)
