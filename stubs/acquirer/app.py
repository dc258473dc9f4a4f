"""The acquirer put together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from fastapi import FastAPI

from stubs.acquirer import store
from stubs.acquirer.handlers import add_routes
from stubs.acquirer.schemas import ChargeRequest
from stubs.acquirer.service import AcquirerService
from stubs.database import Database, DatabaseDown
from stubs.health import HealthChecker
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import Metrics, Shell, new_application

SERVICE = "acquirer"


@dataclass(frozen=True)
class AcquirerSettings:
    """Settings of the acquirer, from its environment.

    Attributes:
        database_url: its own database, `sqlite:///file`.
        slow_s: how long `pm_slow` takes before it charges, seconds.
    """

    database_url: str
    slow_s: float = 1.0

    @classmethod
    def read(cls, environment: Environment) -> Self:
        """From `DATABASE_URL` and `ACQUIRER_SLOW_S`.

        Raises:
            UsageError: the first isn't set, or one of them can't be used.
        """
        return cls(
            environment.required("DATABASE_URL", "sqlite:///acquirer.sqlite"),
            environment.number("ACQUIRER_SLOW_S", 1.0, low=0.0, high=3600.0),
        )


def create_app(settings: AcquirerSettings, tracer: Tracer | None = None) -> FastAPI:
    """The application; `app.state.service` is its `AcquirerService`.

    Raises:
        UsageError: the database's URL can't be used.
    """
    tracer = tracer or Tracer(SERVICE, LineWriter())
    database = Database(settings.database_url)
    service = AcquirerService(database, settings.slow_s)
    health = HealthChecker()
    health.add_dependency("database", database.check, critical=True)

    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        await database.open(store.SCHEMA, waiting=tracer.waiting)
        try:
            yield
        finally:
            await database.close()

    app = new_application(
        SERVICE,
        Shell(tracer, health, Metrics()),
        running,
        lambda app: add_routes(app, service),
        [ChargeRequest],
        (DatabaseDown,),
    )
    app.state.service = service
    return app


def application() -> FastAPI:
    """The application as its process has it, with settings from the environment.

    Raises:
        UsageError: a variable can't be used.
    """
    return create_app(AcquirerSettings.read(Environment()))
