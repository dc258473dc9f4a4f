"""payments-service, with a real acquirer and users to pay and be paid."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from contracts.states.payments import PAYMENTS_MESSAGES, PAYMENTS_STATES, PaymentsSubject
from contracts.states.shipped.peers import read_peers
from contracts.states.shipped.provider import Shipped, empty
from stubs import acquirer
from stubs.database import Database
from stubs.payments import PaymentsSettings, create_app, tables
from stubs.settings import Environment
from stubs.tracing import Tracer

_SETTINGS = {
    # A real one would remember the payments of earlier interactions.
    "ACQUIRER_URL": "http://acquirer",
    # It answers at once, or not before the interaction is over.
    "ACQUIRER_ASK_S": "60",
    # One interaction must not be answered from what another left behind.
    "USER_CLIENT_CACHE_TTL_S": "0.001",
    "USER_CLIENT_ATTEMPTS": "1",
    "USER_CLIENT_FAILURES": "1000000",
    "RECONCILE_EVERY_S": "3600",
}


@asynccontextmanager
async def running(environment: Environment, tracer: Tracer, folder: str) -> AsyncGenerator[Shipped]:
    """Run it within the block."""
    settings = acquirer.AcquirerSettings(f"sqlite:///{folder}/acquirer.sqlite")
    bank = acquirer.create_app(settings, tracer)
    peers, addresses = read_peers(environment, ("user-service", "marketplace-service"))
    peers.apps["acquirer"] = bank
    url = environment.required("DATABASE_URL", "sqlite:///payments.sqlite")
    own = {"DATABASE_URL": url, "REDIS_URL": environment.text("REDIS_URL") or ""}
    chosen = PaymentsSettings.read(Environment(_SETTINGS | addresses | own))
    app = create_app(chosen, tracer, transport=peers)
    database = Database(url)
    vault = Database(settings.database_url)
    subject = PaymentsSubject(app, database, peers, lambda: empty(vault, acquirer.store.METADATA))
    async with bank.router.lifespan_context(bank), app.router.lifespan_context(app):
        try:
            yield Shipped(
                app,
                subject,
                PAYMENTS_STATES,
                PAYMENTS_MESSAGES,
                tables.METADATA,
                tables.OUTBOX,
                subject.forget,
            )
        finally:
            await subject.forget()
            await database.close()
            await vault.close()
