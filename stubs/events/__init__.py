"""User events: written with the change, sent on by a relay, read from a stream.

Here is the reading side. The writing side (`outbox`, `publisher`, `relay`) needs a database, and is
imported from its modules, so that who only reads doesn't load one.
"""

from stubs.events.connection import connect_redis
from stubs.events.messages import BadEvent, EventType, UserEvent, parse_user_event
from stubs.events.subscriber import UserEventHandler, UserEventSubscriber

__all__ = [
    "BadEvent",
    "EventType",
    "UserEvent",
    "UserEventHandler",
    "UserEventSubscriber",
    "connect_redis",
    "parse_user_event",
]
