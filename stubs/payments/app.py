"""payments-service put together."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from stubs.background import end
from stubs.database import Database, DatabaseDown
from stubs.events import connect_event_log
from stubs.events.channels import PAYMENT_EVENTS
from stubs.events.publisher import EventPublisher
from stubs.events.relay import OutboxRelay
from stubs.health import HealthChecker
from stubs.payments import tables
from stubs.payments.acquirer import HttpAcquirer
from stubs.payments.handlers import DeclineBody, add_routes
from stubs.payments.lease import Lease
from stubs.payments.peers import Peers
from stubs.payments.processing import Processing
from stubs.payments.receipts import Receipts
from stubs.payments.reconciliation import Reconciliation
from stubs.payments.schemas import PaymentIntentRequest, RefundRequest
from stubs.payments.service import PaymentService
from stubs.payments.settings import PaymentsSettings
from stubs.payments.settlement import Settlement
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import Metrics, Shell, new_application
from stubs.web.idempotency import IdempotencyKeys
from stubs.web.metrics import Sample

SERVICE = "payments-service"
_LEASE_MARGIN_S = 4.0


def create_app(
    settings: PaymentsSettings,
    tracer: Tracer | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    publisher: EventPublisher | None = None,
) -> FastAPI:
    """The application; `app.state.payments` is its `Payments`.

    Args:
        settings: see `PaymentsSettings`.
        tracer: where its lines go; standard output unless given.
        transport: what requests to all others go through; httpx's own unless given.
        publisher: publishes payments' changes; the outbox's own unless given.

    Raises:
        UsageError: a URL in the settings can't be used.
    """
    shell = Shell(tracer or Tracer(SERVICE, LineWriter()), HealthChecker(), Metrics())
    payments = Payments(settings, shell, transport, publisher)
    app = new_application(
        SERVICE,
        shell,
        payments.running,
        lambda app: add_routes(app, payments.service, payments.receipts, payments.keys),
        [DeclineBody, PaymentIntentRequest, RefundRequest],
        (DatabaseDown,),
    )
    app.state.payments = payments
    return app


def application() -> FastAPI:
    """The application as its process has it, with settings from the environment.

    Raises:
        UsageError: a variable can't be used.
    """
    return create_app(PaymentsSettings.read(Environment()))


class Payments:
    """The parts of the service, put together.

    Args:
        settings: see `PaymentsSettings`.
        shell: their tracer, health and metrics.
        transport: what requests to all others go through; httpx's own unless given.
        publisher: publishes payments' changes; the outbox's own unless given.
    """

    def __init__(
        self,
        settings: PaymentsSettings,
        shell: Shell,
        transport: httpx.AsyncBaseTransport | None = None,
        publisher: EventPublisher | None = None,
    ) -> None:
        self._tracer = shell.tracer
        self._database = Database(settings.database_url)
        shell.health.add_dependency("database", self._database.check, critical=True)
        self._connect_events(settings, shell)
        self.peers = Peers(settings, shell, transport)
        self._acquirer = HttpAcquirer(
            settings.acquirer.url, settings.acquirer.ask_s, transport=transport
        )
        shell.health.add_dependency("acquirer", self._acquirer.check())
        self._put_together(settings, publisher or EventPublisher(tables.OUTBOX, PAYMENT_EVENTS))
        shell.metrics.read(self._samples)

    def _connect_events(self, settings: PaymentsSettings, shell: Shell) -> None:
        self._log = connect_event_log(settings.redis_url)
        self._relay: OutboxRelay | None = None
        if self._log is not None:
            self._relay = OutboxRelay(self._database, tables.OUTBOX, self._log, shell.tracer)
            shell.health.add_dependency("redis", self._relay.check)

    def _put_together(self, settings: PaymentsSettings, publisher: EventPublisher) -> None:
        committed = self._relay.wake if self._relay else lambda: None
        settlement = Settlement(self._database, publisher, committed)
        self._processing = Processing(self._database, self._acquirer, settlement, self._tracer)
        self.service = PaymentService(
            self._database, self.peers.users, self._processing, publisher, committed
        )
        self.keys = IdempotencyKeys(self._database, tables.KEYS)
        self.receipts = Receipts(self.peers.users, self.peers.jobs, settings.receipt_wait_s)
        # Renewed after at most two questions to the acquirer.
        lasts_s = 2 * settings.acquirer.ask_s + _LEASE_MARGIN_S
        self._lease = Lease(self._database, "reconciliation", lasts_s)
        self.reconciliation = Reconciliation(
            self._database,
            self._acquirer,
            settlement,
            self._lease,
            self._tracer,
            every_s=settings.acquirer.reconcile_every_s,
            give_up_s=settings.acquirer.give_up_s,
        )

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Relay and reconcile; at the end, wait for what the acquirer was asked."""
        await self._database.open(tables.SCHEMA, waiting=self._tracer.waiting)
        works = [self.reconciliation.run()] + ([self._relay.run()] if self._relay else [])
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            await self._processing.finish()
            await end(tasks)
            with contextlib.suppress(DatabaseDown):  # then it runs out by itself
                await self._lease.give_back()
            await self._close()

    async def _close(self) -> None:
        await self.peers.close()
        await self._acquirer.close()
        if self._log is not None:
            await self._log.close()
        await self._database.close()

    def _samples(self) -> Iterable[Sample]:
        yield Sample(
            "payments_reconciled",
            "Payments whose end was found out after a crash or a lost answer.",
            self.reconciliation.settled,
            counter=True,
        )
