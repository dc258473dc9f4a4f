"""How consumers of user-service open its client, and what they all take from its answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seatrial.pacts import given, match, text
from stubs.clients import ResilientUserServiceClient, UserServiceClient, read_user_client
from stubs.settings import Environment


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[UserServiceClient]:
    """The client that services have, with one attempt.

    A second one would only repeat what the mock provider refused.
    """
    environment = Environment({"USER_SERVICE_URL": base_url, "USER_CLIENT_ATTEMPTS": "1"})
    client = ResilientUserServiceClient(read_user_client(environment))
    try:
        yield client
    finally:
        await client.close()


ROLE = text("va", "company|va")
EMAIL = text("ada@example.com", r"[^@\s]+@[^@\s]+")
VERSION = match.int(1)
OPTIONAL = {
    "name": match.str("Ada Lovelace"),
    "avatar": text("https://example.com/ada.png", r"https?://\S+"),
    "verificationLevel": text("verified", "basic|verified|premium"),
}
ADA = given(
    "a user exists",
    id="usr_ada",
    email="ada@example.com",
    role="va",
    name="Ada Lovelace",
    avatar="https://example.com/ada.png",
    verificationLevel="verified",
)
BARE = given("a user without optional fields exists", id="usr_bare")
