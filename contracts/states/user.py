"""The states of user-service, and what makes it send its messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatrial.pacts import Message, Messages, States

if TYPE_CHECKING:
    from contracts.states.published import Published
    from stubs.user import UserService

USER_STATES: States[UserService] = States("user-service")
USER_MESSAGES: Messages[Published[UserService]] = Messages("user-service")
_EVENTS = "user.events"


@USER_STATES.handler("a user exists")
async def a_user_exists(service: UserService, params: Mapping[str, Any]) -> None:
    """A user with the `id` and fields of the parameters, which are named as on the wire."""
    from stubs.user import CreateUser

    fields = dict(params)
    user_id = fields.pop("id")
    known = {field.alias for field in CreateUser.model_fields.values()}
    if unknown := fields.keys() - known:
        raise ValueError(f"a user has no {', '.join(sorted(unknown))}; mend the state's parameters")
    await service.seed(user_id, CreateUser.model_validate(fields))


@USER_STATES.handler("a user without optional fields exists")
async def a_user_without_optional_fields_exists(
    service: UserService, params: Mapping[str, Any]
) -> None:
    """A user with the `id` of the parameters, who gave no more than is required."""
    required = {"email": f"{params['id']}@example.com", "role": "va"}
    await a_user_exists(service, {"id": params["id"], **required})


@USER_MESSAGES.producer("a user was created")
async def a_user_was_created(published: Published[UserService]) -> Message:
    """USER_CREATED of a user with every field."""
    from stubs.user import CreateUser

    fields = {
        "email": "ada@example.com",
        "role": "va",
        "name": "Ada Lovelace",
        "avatar": "https://example.com/ada.png",
        "verificationLevel": "verified",
    }
    request = CreateUser.model_validate(fields)
    return await published.by(_EVENTS, lambda service: service.create(request))


@USER_MESSAGES.producer("a user without optional fields was created")
async def a_user_without_optional_fields_was_created(published: Published[UserService]) -> Message:
    """USER_CREATED of a user who gave no more than is required."""
    from stubs.user import CreateUser

    request = CreateUser.model_validate({"email": "bare@example.com", "role": "va"})
    return await published.by(_EVENTS, lambda service: service.create(request))


@USER_MESSAGES.producer("a user was updated")
async def a_user_was_updated(published: Published[UserService]) -> Message:
    """USER_UPDATED of the user `usr_ada`, whom a state made."""
    from stubs.user import PatchUser

    request = PatchUser.model_validate({"name": "Ada King"})
    return await published.by(_EVENTS, lambda service: service.change("usr_ada", request))


@USER_MESSAGES.producer("a user was deleted")
async def a_user_was_deleted(published: Published[UserService]) -> Message:
    """USER_DELETED of the user `usr_ada`, whom a state made."""
    return await published.by(_EVENTS, lambda service: service.remove("usr_ada"))
