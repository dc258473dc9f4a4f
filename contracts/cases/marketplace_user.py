"""Expectations of marketplace-service of user-service."""

from dataclasses import replace

from contracts.cases.user_service import ADA, BARE, EMAIL, OPTIONAL, ROLE, VERSION, connect
from seatrial.pacts import Case, Pair, Request, Response
from stubs.clients import SharedUser, UserProfile

PAIR = Pair("marketplace-service", "user-service", connect)

_PROFILE = UserProfile(
    id="usr_ada",
    role="va",
    name="Ada Lovelace",
    avatar="https://example.com/ada.png",
    verification_level="verified",
    version=1,
)
_USER = SharedUser(email="ada@example.com", **_PROFILE.model_dump())

_NOBODY = Response(404)

GET_USER = Case(
    pair=PAIR,
    description="get a user by id",
    given=(ADA,),
    request=Request("GET", "/users/usr_ada"),
    response=Response(
        200,
        {"id": "usr_ada", "email": EMAIL, "role": ROLE, "version": VERSION, **OPTIONAL},
    ),
    call=lambda client: client.get_user_by_id("usr_ada"),
    expect=_USER,
)
GET_BARE_USER = Case(
    pair=PAIR,
    description="get a user by id",
    given=(BARE,),
    request=Request("GET", "/users/usr_bare"),
    response=Response(200, {"id": "usr_bare", "email": EMAIL, "role": ROLE, "version": VERSION}),
    call=lambda client: client.get_user_by_id("usr_bare"),
    expect=SharedUser(id="usr_bare", email="ada@example.com", role="va", version=1),
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
    given=(ADA,),
    request=Request("GET", "/users/usr_ada/profile"),
    response=Response(200, {"id": "usr_ada", "role": ROLE, "version": VERSION, **OPTIONAL}),
    call=lambda client: client.get_basic_profile("usr_ada"),
    expect=_PROFILE,
)
GET_BARE_PROFILE = Case(
    pair=PAIR,
    description="get a basic profile",
    given=(BARE,),
    request=Request("GET", "/users/usr_bare/profile"),
    response=Response(200, {"id": "usr_bare", "role": ROLE, "version": VERSION}),
    call=lambda client: client.get_basic_profile("usr_bare"),
    expect=UserProfile(id="usr_bare", role="va", version=1),
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
        response=Response(200, {"id": "usr_bare", "email": EMAIL, "role": ROLE, **_NULLS}),
        expect=SharedUser(id="usr_bare", email="ada@example.com", role="va"),
    ),
    replace(
        GET_BARE_PROFILE,
        description="get a basic profile whose optional fields are null",
        response=Response(200, {"id": "usr_bare", "role": ROLE, **_NULLS}),
        expect=UserProfile(id="usr_bare", role="va"),
    ),
    replace(
        GET_BARE_USER,
        description="get a user with a field that is not known",
        response=Response(200, {"id": "usr_bare", "email": EMAIL, "role": ROLE, "shoeSize": 46}),
        expect=SharedUser(id="usr_bare", email="ada@example.com", role="va"),
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
