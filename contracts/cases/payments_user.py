"""Expectations of payments-service of user-service: payer and receiver exist, and their names."""

from contracts.cases.user_service import ADA, BARE, OPTIONAL, ROLE, VERSION, connect
from seatrial.pacts import Case, Pair, Request, Response
from stubs.clients import UserProfile

PAIR = Pair("payments-service", "user-service", connect)

GET_PROFILE = Case(
    pair=PAIR,
    description="get the profile for a receipt",
    given=(ADA,),
    request=Request("GET", "/users/usr_ada/profile"),
    response=Response(200, {"id": "usr_ada", "role": ROLE, "version": VERSION, **OPTIONAL}),
    call=lambda client: client.get_basic_profile("usr_ada"),
    expect=UserProfile(
        id="usr_ada",
        role="va",
        name="Ada Lovelace",
        avatar="https://example.com/ada.png",
        verification_level="verified",
        version=1,
    ),
)
GET_BARE_PROFILE = Case(
    pair=PAIR,
    description="get the profile of who pays or is paid",
    given=(BARE,),
    request=Request("GET", "/users/usr_bare/profile"),
    response=Response(200, {"id": "usr_bare", "role": ROLE, "version": VERSION}),
    call=lambda client: client.get_basic_profile("usr_bare"),
    expect=UserProfile(id="usr_bare", role="va", version=1),
)
GET_NO_PROFILE = Case(
    pair=PAIR,
    description="get the profile for a receipt of a user that nobody is",
    request=Request("GET", "/users/usr_nobody/profile"),
    response=Response(404),
    call=lambda client: client.get_basic_profile("usr_nobody"),
    expect=None,
)

CASES = (GET_PROFILE, GET_BARE_PROFILE, GET_NO_PROFILE)
