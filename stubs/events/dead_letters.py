"""Messages that can't be handled, put aside where a person can look at them."""

from redis.asyncio import Redis

from stubs.tracing.tracer import now_iso

# Several processes read the same stream: the first to find an entry bad puts it aside.
_SCRIPT = """
if redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[5]) then
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[6], '*',
             'event', ARGV[1], 'reason', ARGV[2], 'id', ARGV[3], 'failedAt', ARGV[4])
  return 1
end
return 0
"""
_REMEMBERED_S = 24 * 3600
_LONGEST = 10_000


class DeadLetters:
    """The stream `<stream>.dead` with `event`, `reason`, `id` and `failedAt`."""

    def __init__(self, redis: Redis, stream: str) -> None:
        self._redis = redis
        self.stream = f"{stream}.dead"

    async def add(self, entry_id: bytes, message: bytes, reason: str) -> None:
        """Put an entry aside, once, however many processes do it.

        Raises:
            RedisError: Redis is away.
        """
        seen = f"{self.stream}:seen:{entry_id.decode()}"
        await self._redis.eval(
            _SCRIPT,
            2,
            self.stream,
            seen,
            message,
            reason,
            entry_id,
            now_iso(),
            _REMEMBERED_S,
            _LONGEST,
        )
