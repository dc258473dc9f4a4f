"""User events from the change to the card, over the real Valkey."""

import json
import uuid
from typing import Any

from redis import Redis

from tests.integration.stubs.reference import SOON_S, Reference, eventually


def entries(redis: Redis, user_id: str) -> list[dict[str, Any]]:
    """The events of a user in the stream, in its order."""
    raw: Any = redis.xrange("user.events")
    found = [json.loads(fields[b"event"]) for _, fields in raw]
    return [event for event in found if event["userId"] == user_id]


def plant(redis: Redis, user_id: str, version: int, name: str, **fields: Any) -> str:
    """Put an event of one's own into the stream; returns its eventId."""
    event = {
        "type": "USER_UPDATED",
        "userId": user_id,
        "data": {"id": user_id, "email": "x@y", "role": "va", "name": name},
        "timestamp": "2026-01-01T00:00:00Z",
        "eventId": str(uuid.uuid4()),
        "version": version,
        "traceId": None,
        **fields,
    }
    redis.xadd("user.events", {"event": json.dumps(event)})
    return str(event["eventId"])


def test_a_change_is_on_the_card_of_every_process_soon(reference: Reference) -> None:
    user_id = reference.create("change@x", name="A")
    for market in (0, 1):
        assert reference.name(user_id, market) == "A origin"
        assert reference.name(user_id, market) == "A cache"
    reference.change(user_id, name="B")
    eventually(
        lambda: [reference.name(user_id, each) for each in (0, 1)] == ["B cache"] * 2, SOON_S
    )


def test_a_deleted_user_has_no_card_soon(reference: Reference) -> None:
    user_id = reference.create("delete@x", name="A")
    assert [reference.card(user_id, market).status_code for market in (0, 1)] == [200, 200]
    reference.delete(user_id)
    eventually(
        lambda: all(reference.card(user_id, each).status_code == 404 for each in (0, 1)), SOON_S
    )


def test_a_user_that_was_unknown_is_known_soon_after_its_creation(reference: Reference) -> None:
    user_id = reference.create("again@x", name="A")
    reference.delete(user_id)
    eventually(lambda: reference.card(user_id).status_code == 404, SOON_S)
    other = reference.create("again@x", name="B")
    eventually(lambda: reference.card(other).status_code == 200, SOON_S)


def test_stream_and_channel_carry_the_same_bytes_in_the_order_of_versions(
    reference: Reference, redis: Redis
) -> None:
    channel = redis.pubsub(  # type: ignore[no-untyped-call] # redis ships it so
        ignore_subscribe_messages=True
    )
    channel.subscribe("user.events")
    channel.get_message(timeout=5)  # the subscription itself
    user_id = reference.create("order@x", name="0")
    for number in range(1, 20):
        reference.change(user_id, name=str(number))
    reference.delete(user_id)
    eventually(lambda: len(entries(redis, user_id)) == 21)
    events = entries(redis, user_id)
    assert [event["version"] for event in events] == list(range(1, 22))
    assert [event["type"] for event in (events[0], events[1], events[-1])] == [
        "USER_CREATED",
        "USER_UPDATED",
        "USER_DELETED",
    ]
    assert len({event["eventId"] for event in events}) == 21
    raw: Any = redis.xrange("user.events")
    in_stream = [fields[b"event"] for _, fields in raw][-21:]
    heard: list[bytes] = []
    while len(heard) < 21 and (message := channel.get_message(timeout=5)):
        if user_id.encode() in message["data"]:  # and not a test's before
            heard.append(message["data"])
    channel.close()
    assert heard == in_stream


def test_an_event_carries_the_trace_of_the_request_that_caused_it(
    reference: Reference, redis: Redis
) -> None:
    answer = reference.http.post(
        f"{reference.user_url}/users",
        json={"email": "trace@x", "role": "va"},
        headers={"x-trace-id": "my-trace"},
    )
    user_id = answer.json()["id"]
    eventually(lambda: bool(entries(redis, user_id)))
    assert entries(redis, user_id)[0]["traceId"] == "my-trace"


def test_an_older_version_or_a_repeated_event_changes_nothing(
    reference: Reference, redis: Redis
) -> None:
    user_id = reference.create("version@x", name="v1")
    reference.change(user_id, name="v2")
    eventually(lambda: reference.name(user_id) == "v2 cache")
    plant(redis, user_id, 1, "older")
    event_id = plant(redis, user_id, 10, "newer")
    eventually(lambda: reference.name(user_id) == "newer cache", SOON_S)
    plant(redis, user_id, 11, "repeated", eventId=event_id)
    plant(redis, user_id, 9, "late")
    marker = reference.create("marker@x", name="A")
    eventually(lambda: reference.name(marker) == "A cache")
    reference.change(marker, name="B")  # whatever came before it was read by then
    eventually(lambda: reference.name(marker) == "B cache", SOON_S)
    assert reference.name(user_id) == "newer cache"


def test_a_late_update_does_not_revive_a_deleted_user(reference: Reference, redis: Redis) -> None:
    user_id = reference.create("revive@x", name="A")
    assert reference.card(user_id).status_code == 200
    reference.delete(user_id)
    eventually(lambda: reference.card(user_id).status_code == 404, SOON_S)
    plant(redis, user_id, 1, "late")
    plant(redis, user_id, 2, "as late")
    marker = reference.create("marker2@x", name="A")
    eventually(lambda: reference.name(marker) == "A cache")
    reference.change(marker, name="B")
    eventually(lambda: reference.name(marker) == "B cache", SOON_S)
    assert reference.card(user_id).status_code == 404


def test_bad_events_are_put_aside_once_and_block_nobody(reference: Reference, redis: Redis) -> None:
    user_id = reference.create("dead@x", name="A")
    eventually(lambda: reference.name(user_id) == "A cache")
    before = redis.xlen("user.events.dead")
    redis.xadd("user.events", {"event": b"\xff nonsense"})
    redis.xadd("user.events", {"other": "field"})
    plant(redis, user_id, 5, "x", type="USER_EATEN")
    plant(redis, user_id, 6, "x", data={"id": user_id})
    reference.change(user_id, name="B")
    eventually(
        lambda: all(reference.name(user_id, each).startswith("B") for each in (0, 1)), SOON_S
    )
    eventually(lambda: redis.xlen("user.events.dead") == before + 4)
    raw: Any = redis.xrange("user.events.dead")
    letters = [fields for _, fields in raw][-4:]
    assert all(set(each) == {b"event", b"reason", b"id", b"failedAt"} for each in letters)
    assert letters[0][b"event"] == b"\xff nonsense"
    assert [each[b"reason"].decode() for each in letters] == [
        "it isn't JSON",
        "it has no field 'event'",
        "its type 'USER_EATEN' isn't known",
        "its data isn't a user's: role, email",
    ]
