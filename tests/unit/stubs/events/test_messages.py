"""The message of an event, written and read."""

import json
from typing import Any

import pytest

from stubs.events import BadEvent, EventType, UserEvent, parse_user_event
from stubs.events.seen import Seen

GOOD: dict[str, Any] = {
    "type": "USER_UPDATED",
    "userId": "42",
    "data": {"id": "42"},
    "timestamp": "2026-01-01T00:00:00Z",
    "eventId": "e",
    "version": 2,
    "traceId": "t",
}


def event(number: int, version: int, user: str = "42") -> UserEvent:
    """An event that differs in its id, version and user."""
    return UserEvent(EventType.USER_UPDATED, user, {}, "now", f"e{number}", version, None)


def test_what_was_encoded_is_read_back() -> None:
    parsed = parse_user_event(json.dumps(GOOD))
    assert parsed.type is EventType.USER_UPDATED
    assert json.loads(parsed.encode()) == GOOD
    assert parse_user_event(parsed.encode().encode()) == parsed


def test_fields_that_are_not_known_are_ignored_and_a_missing_trace_is_none() -> None:
    message = {**GOOD, "more": 1}
    del message["traceId"]
    assert parse_user_event(json.dumps(message)).trace_id is None


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "no field 'event'"),
        (b"\xff\xfe", "isn't JSON"),
        (b"{", "isn't JSON"),
        (b"[" * 100_000, "isn't JSON"),
        (b"[]", "isn't a JSON object"),
        (b"{}", "type is missing"),
        (json.dumps({**GOOD, "type": "USER_EATEN"}).encode(), "'USER_EATEN' isn't known"),
        (json.dumps({**GOOD, "type": "__class__"}).encode(), "isn't known"),
        (json.dumps({**GOOD, "userId": 42}).encode(), "userId is missing or isn't text"),
        (json.dumps({**GOOD, "data": None}).encode(), "data is missing or isn't an object"),
        (json.dumps({**GOOD, "version": "2"}).encode(), "version is missing or isn't an integer"),
        (json.dumps({**GOOD, "version": True}).encode(), "version is missing or isn't an integer"),
        (json.dumps({**GOOD, "eventId": None}).encode(), "eventId is missing"),
    ],
)
def test_what_cannot_be_used_says_why(raw: bytes, why: str) -> None:
    with pytest.raises(BadEvent, match=why):
        parse_user_event(raw)


def test_an_event_seen_before_is_known_by_its_id() -> None:
    seen = Seen()
    seen.add(event(1, 5))
    assert seen.before(event(1, 6))
    assert not seen.before(event(2, 6))


@pytest.mark.parametrize(("version", "known"), [(4, True), (5, True), (6, False)])
def test_an_older_version_of_a_user_is_known(version: int, known: bool) -> None:
    seen = Seen()
    seen.add(event(1, 5))
    assert seen.before(event(2, version)) is known
    assert not seen.before(event(2, version, user="43"))


def test_memory_is_bounded_and_the_oldest_go_first() -> None:
    seen = Seen(most=2)
    for number in (1, 2, 3):
        seen.add(event(number, 1, user=str(number)))
    assert not seen.before(event(1, 1, user="1"))
    assert seen.before(event(2, 1, user="2"))
    assert seen.before(event(3, 1, user="3"))
