"""What marketplace-service expects of user-service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from seatrial.pacts import Case, Pair, Request, Response, given, match, text
from stubs.clients import (
    ResilientUserServiceClient,
    SharedUser,
    UserProfile,
    UserServiceClient,
    read_user_client,
)
from stubs.settings import Environment


@asynccontextmanager
async def _connect(base_url: str) -> AsyncIterator[UserServiceClient]:
    # One attempt: a second one would only repeat what the mock provider refused.
    environment = Environment({"USER_SERVICE_URL": base_url, "USER_CLIENT_ATTEMPTS": "1"})
    client = ResilientUserServiceClient(read_user_client(environment))
    try:
        yield client
    finally:
        await client.close()


PAIR = Pair("marketplace-service", "user-service", _connect)

_ROLE = text("va", "company|va")
_EMAIL = text("ada@example.com", r"[^@\s]+@[^@\s]+")
_OPTIONAL = {
    "name": match.str("Ada Lovelace"),
    "avatar": text("https://example.com/ada.png", r"https?://\S+"),
    "verificationLevel": text("verified", "basic|verified|premium"),
}
_PROFILE = UserProfile(
    id="usr_ada",
    role="va",
    name="Ada Lovelace",
    avatar="https://example.com/ada.png",
    verification_level="verified",
    version=1,
)
_USER = SharedUser(email="ada@example.com", **_PROFILE.model_dump())

_ADA = given(
    "a user exists",
    id="usr_ada",
    email="ada@example.com",
    role="va",
    name="Ada Lovelace",
    avatar="https://example.com/ada.png",
    verificationLevel="verified",
)
_BARE = given("a user without optional fields exists", id="usr_bare")
_NOBODY = Response(404)

GET_USER = Case(
    pair=PAIR,
    description="get a user by id",
    given=(_ADA,),
    request=Request("GET", "/users/usr_ada"),
    response=Response(
        200,
        {"id": "usr_ada", "email": _EMAIL, "role": _ROLE, "version": match.int(1), **_OPTIONAL},
    ),
    call=lambda client: client.get_user_by_id("usr_ada"),
    expect=_USER,
)
GET_BARE_USER = Case(
    pair=PAIR,
    description="get a user by id",
    given=(_BARE,),
    request=Request("GET", "/users/usr_bare"),
    response=Response(200, {"id": "usr_bare", "email": _EMAIL, "role": _ROLE}),
    call=lambda client: client.get_user_by_id("usr_bare"),
    expect=SharedUser(id="usr_bare", email="ada@example.com", role="va"),
)
GET_NO_USER = Case(
    pair=PAIR,
    description="get a user that nobody is",
    request=Request("GET", "/users/usr_nobody"),
    response=_NOBODY,
    call=lambda client: client.get_user_by_id("usr_nobody"),
    expect=None,
)
GET_PROFILE = Case(
    pair=PAIR,
    description="get a basic profile",
    given=(_ADA,),
    request=Request("GET", "/users/usr_ada/profile"),
    response=Response(200, {"id": "usr_ada", "role": _ROLE, "version": match.int(1), **_OPTIONAL}),
    call=lambda client: client.get_basic_profile("usr_ada"),
    expect=_PROFILE,
)
GET_BARE_PROFILE = Case(
    pair=PAIR,
    description="get a basic profile",
    given=(_BARE,),
    request=Request("GET", "/users/usr_bare/profile"),
    response=Response(200, {"id": "usr_bare", "role": _ROLE}),
    call=lambda client: client.get_basic_profile("usr_bare"),
    expect=UserProfile(id="usr_bare", role="va"),
)
GET_NO_PROFILE = Case(
    pair=PAIR,
    description="get the profile of a user that nobody is",
    request=Request("GET", "/users/usr_nobody/profile"),
    response=_NOBODY,
    call=lambda client: client.get_basic_profile("usr_nobody"),
    expect=None,
)

CASES = (GET_USER, GET_BARE_USER, GET_NO_USER, GET_PROFILE, GET_BARE_PROFILE, GET_NO_PROFILE)

# What the consumer makes of the same interactions elsewhere, and of answers that the provider may
# give without breaking them. None of it asks more of the provider, so none is in the pact.
_NULLS = dict.fromkeys(("name", "avatar", "verificationLevel", "version"))
TAKEN_AS_WELL = (
    replace(
        GET_BARE_USER,
        description="get a user whose optional fields are null",
        response=Response(200, {"id": "usr_bare", "email": _EMAIL, "role": _ROLE, **_NULLS}),
    ),
    replace(
        GET_BARE_PROFILE,
        description="get a basic profile whose optional fields are null",
        response=Response(200, {"id": "usr_bare", "role": _ROLE, **_NULLS}),
    ),
    replace(
        GET_BARE_USER,
        description="get a user with a field that is not known",
        response=Response(200, {"id": "usr_bare", "email": _EMAIL, "role": _ROLE, "shoeSize": 46}),
    ),
    replace(
        GET_USER,
        description="validate a user in the required role",
        call=lambda client: client.validate_user("usr_ada", "va"),
        expect=True,
    ),
    replace(
        GET_USER,
        description="validate a user in another role than the required",
        call=lambda client: client.validate_user("usr_ada", "company"),
        expect=False,
    ),
    replace(
        GET_NO_USER,
        description="validate a user that nobody is",
        call=lambda client: client.validate_user("usr_nobody"),
        expect=False,
    ),
)
