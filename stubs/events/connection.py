"""Connections to Redis that tell at once when it is away; whoever uses them tries again."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from seatrial.errors import UsageError

CONNECT_TIMEOUT_S = 1.0
ANSWER_TIMEOUT_S = 2.0


def connect_redis(url: str) -> Redis:
    """A client that connects when it is first used. It gives bytes: an entry may be anything.

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
