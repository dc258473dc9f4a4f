"""payments-service in this process, over either database, with its neighbours."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from stubs.acquirer.app import AcquirerSettings
from stubs.acquirer.app import create_app as create_acquirer
from stubs.clients import read_marketplace_client, read_user_client
from stubs.payments.app import create_app
from stubs.payments.settings import AcquirerSettings as AskingSettings
from stubs.payments.settings import PaymentsSettings
from stubs.settings import Environment
from stubs.tracing import Tracer
from tests.unit.stubs.in_process import serving
from tests.unit.stubs.payments.neighbours import Neighbours

# One try each, and breakers that never open: what fails here is to be seen at once.
_CLIENTS = Environment(
    {
        f"{name}_CLIENT_{option}": value
        for name in ("USER", "MARKETPLACE")
        for option, value in (("ATTEMPTS", "1"), ("FAILURES", "1000"))
    }
)


def settings_of(database_url: str, **acquirer: Any) -> PaymentsSettings:
    """Settings for a test; reconciliation is done by hand."""
    return PaymentsSettings(
        database_url,
        read_user_client(_CLIENTS, cache_ttl_s=0.001),
        read_marketplace_client(_CLIENTS),
        AskingSettings(url="http://acquirer", reconcile_every_s=3600.0, **acquirer),
    )


@pytest.fixture
async def neighbours(tmp_path: Path) -> AsyncIterator[Neighbours]:
    """All that payments-service asks."""
    settings = AcquirerSettings(f"sqlite:///{tmp_path}/acquirer.sqlite", slow_s=0.0)
    app = create_acquirer(settings, Tracer("acquirer", lambda _line: None))
    async with app.router.lifespan_context(app):
        yield Neighbours(app)


@pytest.fixture
def payments_app(database_url: str, neighbours: Neighbours, lines: list[str]) -> FastAPI:
    """payments-service; its lifespan is run by `payments`."""
    tracer = Tracer("payments-service", lines.append)
    return create_app(settings_of(database_url), tracer, transport=neighbours)


@pytest.fixture
async def payments(payments_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it, while it runs."""
    async with serving(payments_app) as client:
        yield client


def intent_body(**changes: Any) -> dict[str, Any]:
    """The body of an intent."""
    body = {"payerId": "usr_c", "receiverId": "usr_v", "amount": 5000, "currency": "EUR"}
    return {key: value for key, value in {**body, **changes}.items() if value is not None}


async def make_intent(client: httpx.AsyncClient, **changes: Any) -> str:
    """Make an intent; returns the payment's id."""
    answer = await client.post("/payments/intent", json=intent_body(**changes))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def process(client: httpx.AsyncClient, payment_id: str, **headers: str) -> httpx.Response:
    """Process a payment."""
    return await client.post(f"/payments/{payment_id}/process", headers=headers)


async def refund(client: httpx.AsyncClient, payment_id: str, **body: Any) -> httpx.Response:
    """Refund a payment."""
    return await client.post(f"/payments/{payment_id}/refund", json={"reason": "late", **body})


async def read_ledger(client: httpx.AsyncClient, limit: int = 100) -> list[dict[str, Any]]:
    """All of the ledger, page after page."""
    entries: list[dict[str, Any]] = []
    url: str | None = f"/payments/ledger?limit={limit}"
    while url is not None:
        answer = await client.get(url)
        assert answer.status_code == 200, answer.text
        entries += answer.json()["entries"]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    return entries
