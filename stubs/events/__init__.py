"""User events: written with the change, sent on by a relay, read from a stream.

Here is the reading side. The writing side (`outbox`, `publisher`, `relay`) needs a database, and is
imported from its modules, so that who only reads doesn't load one.
"""

from stubs.events.channels import JOB_EVENTS, PAYMENT_EVENTS, USER_EVENTS, Channel
from stubs.events.log import EventLog
from stubs.events.messages import BadEvent, EventType, UserEvent, parse_user_event
from stubs.events.redis_log import RedisLog, connect_redis
from stubs.events.subscriber import UserEventHandler, UserEventSubscriber

__all__ = [
    "JOB_EVENTS",
    "PAYMENT_EVENTS",
    "USER_EVENTS",
    "BadEvent",
    "Channel",
    "EventLog",
    "EventType",
    "RedisLog",
    "UserEvent",
    "UserEventHandler",
    "UserEventSubscriber",
    "connect_event_log",
    "connect_redis",
    "parse_user_event",
]


def connect_event_log(url: str | None) -> EventLog | None:
    """Return the event log at this URL, connected when it is first used; None without a URL.

    Raises:
        UsageError: the URL isn't one that its broker understands.
    """
    return RedisLog(connect_redis(url)) if url else None
