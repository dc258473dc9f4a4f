"""The things that consumers of payments-service share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from seatrial.pacts import given, match, text
from stubs.clients import (
    PaymentsServiceClient,
    ResilientPaymentsServiceClient,
    read_payments_client,
)
from stubs.settings import Environment


@asynccontextmanager
async def connect(base_url: str) -> AsyncIterator[PaymentsServiceClient]:
    """The client that services have, with one attempt.

    A second one would only repeat what the mock provider refused.
    """
    environment = Environment({"PAYMENTS_SERVICE_URL": base_url, "PAYMENTS_CLIENT_ATTEMPTS": "1"})
    client = ResilientPaymentsServiceClient(read_payments_client(environment))
    try:
        yield client
    finally:
        await client.close()


CURRENCY = text("EUR", "[A-Z]{3}")
STATUS = "pending|processing|succeeded|failed|refunded|partially_refunded"
AGAIN = {"Retry-After": match.regex("1", regex=r"\d+")}
"""When it may be asked again, seconds."""
PROBLEM = "application/problem+json"

INTENT: dict[str, Any] = {
    "payerId": "usr_company",
    "receiverId": "usr_va",
    "amount": 5000,
    "currency": "EUR",
    "proposalId": "prp_1",
    "jobPostingId": "job_1",
}
USERS = given("users exist", ids=["usr_company", "usr_va"])
NO_USERS = given("user-service is down")


def key(value: str) -> Any:
    """The header with an idempotency key, quoted as a structured field."""
    return {"Idempotency-Key": match.regex(f'"{value}"', regex=r'"[ !#-\[\]-~]{1,255}"')}
