"""The states of user-service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seatrial.pacts import States

if TYPE_CHECKING:
    from stubs.user.service import UserService

USER_STATES: States[UserService] = States("user-service")


@USER_STATES.handler("a user exists")
async def a_user_exists(service: UserService, params: Mapping[str, Any]) -> None:
    """A user with the `id` and fields of the parameters, which are named as on the wire."""
    from stubs.user.schemas import CreateUser

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
