"""The messages on the channels; all look alike, and those about users are read here too."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class EventType(StrEnum):
    """The kinds of changes of a user."""

    USER_CREATED = "USER_CREATED"
    USER_UPDATED = "USER_UPDATED"
    USER_DELETED = "USER_DELETED"


class BadEvent(ValueError):  # noqa: N818 - it is the event that is bad
    """A message that no consumer can use; the text says why."""


@dataclass(frozen=True)
class UserEvent:
    """One change of one user.

    Attributes:
        type: what happened.
        user_id: whose change it is.
        data: the user after the change; after a deletion the id alone.
        timestamp: when, ISO 8601 UTC.
        event_id: the same whenever the event is delivered again.
        version: the user's revision; grows by one with each change.
        trace_id: the trace of the request that caused it.
    """

    type: EventType
    user_id: str
    data: dict[str, Any]
    timestamp: str
    event_id: str
    version: int
    trace_id: str | None

    def encode(self) -> str:
        """The message as it goes over the wire."""
        return encode(
            self.type,
            {"userId": self.user_id},
            self.data,
            timestamp=self.timestamp,
            event_id=self.event_id,
            version=self.version,
            trace_id=self.trace_id,
        )


def encode(
    kind: str,
    entity: Mapping[str, str],
    data: Mapping[str, Any],
    *,
    timestamp: str,
    event_id: str,
    version: int,
    trace_id: str | None,
) -> str:
    """A message as it goes over the wire; `entity` names what changed."""
    return json.dumps(
        {
            "type": kind,
            **entity,
            "data": data,
            "timestamp": timestamp,
            "eventId": event_id,
            "version": version,
            "traceId": trace_id,
        },
        separators=(",", ":"),
    )


def parse_user_event(raw: bytes | str) -> UserEvent:
    """Read a message; fields that aren't known are ignored.

    Raises:
        BadEvent: it isn't JSON, its type isn't known, or a field is missing or of another kind.
    """
    if not raw:
        raise BadEvent("it has no field 'event'")
    try:
        message = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadEvent("it isn't JSON") from None
    if not isinstance(message, dict):
        raise BadEvent("it isn't a JSON object")
    name = _field(message, "type", str)
    if name not in EventType.__members__:
        raise BadEvent(f"its type {name[:100]!r} isn't known")
    trace_id = message.get("traceId")
    return UserEvent(
        type=EventType(name),
        user_id=_field(message, "userId", str),
        data=_field(message, "data", dict),
        timestamp=_field(message, "timestamp", str),
        event_id=_field(message, "eventId", str),
        version=_field(message, "version", int),
        trace_id=trace_id if isinstance(trace_id, str) else None,
    )


def _field(message: dict[str, Any], name: str, kind: type) -> Any:
    value = message.get(name)
    # True and False are integers to Python, and not to JSON.
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadEvent(f"its {name} is missing or isn't {_KINDS[kind]}")
    return value


_KINDS = {str: "text", int: "an integer", dict: "an object"}
