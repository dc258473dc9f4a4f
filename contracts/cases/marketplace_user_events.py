"""Expectations of marketplace-service of the messages on `user.events`."""

import tempfile
from dataclasses import replace
from typing import Any

import httpx

from contracts.cases.marketplace_user import PAIR
from contracts.cases.user_service import ADA, EMAIL, OPTIONAL, ROLE
from seatrial.pacts import MessageCase, match
from stubs.clients import (
    Role,
    SharedUser,
    UserCacheRefresher,
    UserServiceClient,
    read_user_client,
)
from stubs.database import Database
from stubs.events import JOB_EVENTS, parse_user_event
from stubs.events.publisher import EventPublisher
from stubs.marketplace import CreateJob, JobService, UserDeletions, store
from stubs.settings import Environment
from stubs.tracing import Tracer


async def _receive(message: bytes) -> SharedUser | None:
    """Return what the service's cache then says of the user, whom somebody had asked for before."""
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


async def _clean_up(message: bytes) -> list[str]:
    """Return what becomes of the jobs of the company that the message is about."""
    with tempfile.TemporaryDirectory(prefix="seatrial-market-") as folder:
        database = Database(f"sqlite:///{folder}/market.sqlite")
        await database.open(store.SCHEMA)
        try:
            event = parse_user_event(message)
            job = CreateJob.model_validate({**_JOB, "companyId": event.user_id})
            publisher = EventPublisher(store.OUTBOX, JOB_EVENTS)
            jobs = JobService(database, _Everybody(), publisher)
            posted = await jobs.post(job)
            await UserDeletions(database, Tracer("marketplace-service", lambda _: None)).handle(
                event
            )
            return [(await jobs.get(posted.id)).status]
        finally:
            await database.close()


class _Everybody:
    """Whoever posts is a company."""

    async def has_role(self, _user_id: str, _role: Role) -> bool:
        return True


_JOB = {"title": "Keep my calendar", "description": "Mornings.", "budget": 1, "currency": "EUR"}

# The service's other handler of the same messages: what the end of a user ends here.
TAKEN_AS_WELL = (
    replace(
        USER_DELETED,
        description="a company was deleted that has jobs",
        receive=_clean_up,
        expect=["closed"],
    ),
    replace(
        USER_UPDATED,
        description="a company was updated that has jobs",
        receive=_clean_up,
        expect=["open"],
    ),
)

CASES = (USER_CREATED, BARE_USER_CREATED, USER_UPDATED, USER_DELETED)
