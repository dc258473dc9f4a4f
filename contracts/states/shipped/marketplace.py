"""marketplace-service, with users that post and propose, and payments to agree on."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from contracts.states.marketplace import (
    MARKETPLACE_MESSAGES,
    MARKETPLACE_STATES,
    MarketplaceSubject,
)
from contracts.states.shipped.peers import read_peers
from contracts.states.shipped.provider import Shipped
from stubs.database import Database
from stubs.marketplace import MarketplaceSettings, create_app, store
from stubs.settings import Environment
from stubs.tracing import Tracer

_SETTINGS = {
    # One interaction must not be answered from what another left behind.
    "USER_CLIENT_CACHE_TTL_S": "0.001",
    "USER_CLIENT_STALE_IF_ERROR_S": "0",
    "USER_CLIENT_ATTEMPTS": "1",
    "USER_CLIENT_FAILURES": "1000000",
    "PAYMENTS_CLIENT_ATTEMPTS": "1",
    "PAYMENTS_CLIENT_FAILURES": "1000000",
}


@asynccontextmanager
async def running(
    environment: Environment, tracer: Tracer, _folder: str
) -> AsyncGenerator[Shipped]:
    """Run it within the block."""
    peers, addresses = read_peers(environment, ("user-service", "payments-service"))
    url = environment.required("DATABASE_URL", "sqlite:///marketplace.sqlite")
    own = {"DATABASE_URL": url, "REDIS_URL": environment.text("REDIS_URL") or ""}
    chosen = MarketplaceSettings.read(Environment(_SETTINGS | addresses | own))
    app = create_app(chosen, tracer, transport=peers)
    database = Database(url)
    subject = MarketplaceSubject(app.state.marketplace, database, peers, tracer)
    async with app.router.lifespan_context(app):
        try:
            yield Shipped(
                app,
                subject,
                MARKETPLACE_STATES,
                MARKETPLACE_MESSAGES,
                store.METADATA,
                store.OUTBOX,
                subject.forget,
            )
        finally:
            await database.close()
