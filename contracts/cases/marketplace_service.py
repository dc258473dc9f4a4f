"""The things that consumers of marketplace-service share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seatrial.pacts import given, match, text
from stubs.clients import (
    MarketplaceServiceClient,
    ResilientMarketplaceServiceClient,
    read_marketplace_client,
)
from stubs.settings import Environment


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[MarketplaceServiceClient]:
    """The client that services have, with one attempt.

    A second one would only repeat what the mock provider refused.
    """
    environment = {"MARKETPLACE_SERVICE_URL": base_url, "MARKETPLACE_CLIENT_ATTEMPTS": "1"}
    client = ResilientMarketplaceServiceClient(read_marketplace_client(Environment(environment)))
    try:
        yield client
    finally:
        await client.close()


CURRENCY = text("EUR", "[A-Z]{3}")
AGAIN = {"Retry-After": match.regex("1", regex=r"\d+")}
"""When it may be asked again, seconds."""
JOB = given("a job is open", id="job_1")
READ_JOB = {
    "id": "job_1",
    "companyId": match.str("usr_company"),
    "title": match.str("Keep my calendar"),
    "budget": match.int(120_000),
    "currency": CURRENCY,
}
"""The fields that the client reads of a job."""
