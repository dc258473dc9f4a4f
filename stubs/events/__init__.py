"""User events: written with the change, sent on by a relay, read from a stream."""

from stubs.events.connection import connect_redis
from stubs.events.dead_letters import DeadLetters
from stubs.events.messages import BadEvent, EventType, UserEvent, parse_user_event
from stubs.events.outbox import Outbox
from stubs.events.publisher import UserEventPublisher
from stubs.events.relay import OutboxRelay
from stubs.events.subscriber import UserEventHandler, UserEventSubscriber

__all__ = [
    "BadEvent",
    "DeadLetters",
    "EventType",
    "Outbox",
    "OutboxRelay",
    "UserEvent",
    "UserEventHandler",
    "UserEventPublisher",
    "UserEventSubscriber",
    "connect_redis",
    "parse_user_event",
]
