"""What marketplace-service expects of the messages on `user.events`."""

from typing import Any

import httpx

from contracts.cases.marketplace_user import PAIR
from contracts.cases.user_service import ADA, EMAIL, OPTIONAL, ROLE
from seatrial.pacts import MessageCase, match
from stubs.clients import SharedUser, UserCacheRefresher, UserServiceClient, read_user_client
from stubs.events import parse_user_event
from stubs.settings import Environment


async def _receive(message: bytes) -> SharedUser | None:
    """What the service's cache then says of the user, whom somebody had asked for before."""
    event = parse_user_event(message)
    before = {"id": event.user_id, "email": "before@example.com", "role": "company", "version": 0}
    answers = iter([httpx.Response(200, json=before), httpx.Response(404)])
    settings = read_user_client(Environment({}))
    client = UserServiceClient(settings, transport=httpx.MockTransport(lambda _: next(answers)))
    try:
        handler = UserCacheRefresher(client)
        handler.caught_up()
        await client.get_user_by_id(event.user_id)
        await handler.handle(event)
        return await client.get_user_by_id(event.user_id)
    finally:
        await client.close()


def _message(kind: str, data: dict[str, Any], version: int) -> dict[str, Any]:
    return {
        "type": kind,
        "userId": match.str("usr_ada"),
        "data": {"id": match.str("usr_ada"), **data},
        "timestamp": match.str("2026-01-01T00:00:00.000Z"),
        "eventId": match.str("9e0c7d0e-6c3c-4d0e-8a53-5f7f4f5b2a10"),
        "version": match.int(version),
    }


_CHANNEL = {"channel": "user.events"}
_REQUIRED = {"email": EMAIL, "role": ROLE}
_USER = SharedUser(
    id="usr_ada",
    email="ada@example.com",
    role="va",
    name="Ada Lovelace",
    avatar="https://example.com/ada.png",
    verification_level="verified",
    version=1,
)

USER_CREATED = MessageCase(
    pair=PAIR,
    description="a user was created",
    contents=_message("USER_CREATED", {**_REQUIRED, **OPTIONAL}, 1),
    metadata=_CHANNEL,
    receive=_receive,
    expect=_USER,
)
BARE_USER_CREATED = MessageCase(
    pair=PAIR,
    description="a user without optional fields was created",
    contents=_message("USER_CREATED", _REQUIRED, 1),
    metadata=_CHANNEL,
    receive=_receive,
    expect=SharedUser(id="usr_ada", email="ada@example.com", role="va", version=1),
)
USER_UPDATED = MessageCase(
    pair=PAIR,
    description="a user was updated",
    given=(ADA,),
    contents=_message("USER_UPDATED", {**_REQUIRED, **OPTIONAL}, 2),
    metadata=_CHANNEL,
    receive=_receive,
    expect=_USER.model_copy(update={"version": 2}),
)
USER_DELETED = MessageCase(
    pair=PAIR,
    description="a user was deleted",
    given=(ADA,),
    contents=_message("USER_DELETED", {}, 2),
    metadata=_CHANNEL,
    receive=_receive,
    expect=None,
)

CASES = (USER_CREATED, BARE_USER_CREATED, USER_UPDATED, USER_DELETED)
