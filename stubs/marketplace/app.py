"""marketplace-service put together."""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
from fastapi import FastAPI

from stubs.background import background_tasks
from stubs.clients import ResilientPaymentsServiceClient
from stubs.database import Database, DatabaseDown
from stubs.events import EventLog, connect_event_log
from stubs.events.channels import JOB_EVENTS
from stubs.events.group import UserEventGroup
from stubs.events.publisher import EventPublisher
from stubs.events.relay import OutboxRelay
from stubs.health import HealthChecker
from stubs.marketplace import store
from stubs.marketplace.handlers import add_routes
from stubs.marketplace.jobs import JobService
from stubs.marketplace.proposals import ProposalService
from stubs.marketplace.schemas import CreateJob, CreateProposal
from stubs.marketplace.service import CardService
from stubs.marketplace.settings import MarketplaceSettings
from stubs.marketplace.user_deletions import UserDeletions
from stubs.marketplace.users import DesignUsers, ResilientUsers, Users
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import Metrics, Shell, new_application
from stubs.web.circuits import circuit_samples, write_changes
from stubs.web.metrics import Sample

SERVICE = "marketplace-service"


class CleanUpFailingError(Exception):
    """Nothing can be cleaned up after deleted users now; the text says why."""


def create_app(
    settings: MarketplaceSettings,
    tracer: Tracer | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The application; `app.state.marketplace` is its `Marketplace`.

    Args:
        settings: see `MarketplaceSettings`.
        tracer: where its lines go; standard output unless given.
        transport: what requests to the others go through; httpx's own unless given.

    Raises:
        UsageError: a URL in the settings can't be used.
    """
    shell = Shell(tracer or Tracer(SERVICE, LineWriter()), HealthChecker(), Metrics())
    marketplace = Marketplace(settings, shell, transport)
    app = new_application(
        SERVICE,
        shell,
        marketplace.running,
        lambda app: add_routes(app, marketplace.cards, marketplace.jobs, marketplace.proposals),
        [CreateJob, CreateProposal],
        (DatabaseDown,),
    )
    app.state.marketplace = marketplace
    return app


def application() -> FastAPI:
    """The application as its process has it, with settings from the environment.

    Raises:
        UsageError: a variable can't be used.
    """
    return create_app(MarketplaceSettings.read(Environment()))


class Marketplace:
    """The parts of the service, put together.

    Args:
        settings: see `MarketplaceSettings`.
        shell: their tracer, health and metrics.
        transport: what requests to the others go through; httpx's own unless given.
    """

    def __init__(
        self,
        settings: MarketplaceSettings,
        shell: Shell,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._shell = shell
        self._database = Database(settings.database_url)
        shell.health.add_dependency("database", self._database.check, critical=True)
        log = connect_event_log(settings.redis_url)
        self.users = _users(settings, log, shell, transport)
        self.cards = CardService(self.users.lookup)
        payments = ResilientPaymentsServiceClient(settings.payments_client, transport=transport)
        self._payments = payments
        shell.health.add_dependency("payments-service", payments.check())
        write_changes(payments.breaker, shell.tracer)
        self._events = (
            _Events(self._database, log, self.users, shell, settings.look_again_s) if log else None
        )
        self.jobs = JobService(
            self._database,
            self.users.check,
            EventPublisher(store.OUTBOX, JOB_EVENTS),
            self._events.relay.wake if self._events else lambda: None,
        )
        self.proposals = ProposalService(self._database, self.jobs, self.users.check, payments)
        circuits = [*self.users.circuits, (payments.breaker, payments.retry)]
        shell.metrics.read(lambda: circuit_samples(circuits))

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Open the database, send and read events, and close it all at the end."""
        try:
            await self._database.open(store.SCHEMA, waiting=self._shell.tracer.waiting)
            works = [self._events.relay.run(), self._events.group.run()] if self._events else []
            async with background_tasks(*works), self.users.running():
                yield
        finally:
            if self._events:
                await self._events.log.close()
            await self._payments.close()
            await self._database.close()


class _Events:
    """Events on their way out and in, but for those that keep the cache fresh."""

    def __init__(
        self, database: Database, log: EventLog, users: Users, shell: Shell, look_again_s: float
    ) -> None:
        self.log = log
        self.relay = OutboxRelay(
            database, store.OUTBOX, log, shell.tracer, look_again_s=look_again_s
        )
        deletions = UserDeletions(database, shell.tracer)
        self.group = UserEventGroup(log, SERVICE, deletions.handle, shell.tracer)
        self._users = users
        shell.health.add_dependency("redis", self._check)
        shell.metrics.read(self._samples)

    async def _check(self) -> Mapping[str, Any]:
        details = {**await self.relay.check(), **await self._users.check_events()}
        if self.group.failing:
            raise CleanUpFailingError(self.group.failing)
        return details

    def _samples(self) -> Iterable[Sample]:
        for name in ("handled", "dead"):
            value = getattr(self.group, name)
            text = f"Events that were {name} by the clean-up."
            yield Sample(f"user_clean_up_{name}", text, value, counter=True)


def _users(
    settings: MarketplaceSettings,
    log: EventLog | None,
    shell: Shell,
    transport: httpx.AsyncBaseTransport | None,
) -> Users:
    if settings.client == "resilient":
        return ResilientUsers(settings.user_client, log, shell, transport)
    return DesignUsers(
        settings.user_client, swallow=settings.client == "design", transport=transport
    )
