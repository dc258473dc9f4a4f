"""user-service put together."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from stubs.background import background_tasks
from stubs.database import Database, DatabaseDown
from stubs.events import EventLog, connect_event_log
from stubs.events.publisher import UserEventPublisher
from stubs.events.relay import LOOK_AGAIN_S, OutboxRelay
from stubs.health import HealthChecker
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.user import store
from stubs.user.handlers import add_routes
from stubs.user.schemas import CreateUser, PatchUser
from stubs.user.service import UserService
from stubs.web import Metrics, Shell, new_application

SERVICE = "user-service"


@dataclass(frozen=True)
class UserSettings:
    """Settings of user-service, from its environment.

    Attributes:
        database_url: its own database, `sqlite:///file` or `postgresql://…`.
        redis_url: where events go; None keeps them in the outbox.
        look_again_s: the longest time without a look at the outbox, seconds.
    """

    database_url: str
    redis_url: str | None = None
    look_again_s: float = LOOK_AGAIN_S

    @classmethod
    def read(cls, environment: Environment) -> "UserSettings":
        """From `DATABASE_URL`, `REDIS_URL` and `OUTBOX_LOOK_AGAIN_S`.

        Raises:
            UsageError: the first isn't set, or the last can't be used.
        """
        return cls(
            environment.required("DATABASE_URL", "sqlite:///users.sqlite"),
            environment.text("REDIS_URL"),
            environment.number("OUTBOX_LOOK_AGAIN_S", LOOK_AGAIN_S, 0.01, 3600),
        )


def create_app(settings: UserSettings, tracer: Tracer | None = None) -> FastAPI:
    """The application; `app.state.service` is its `UserService`, usable while its lifespan runs.

    Raises:
        UsageError: a URL in the settings can't be used.
    """
    tracer = tracer or Tracer(SERVICE, LineWriter())
    database = Database(settings.database_url)
    log = connect_event_log(settings.redis_url)
    relay = None
    if log:
        look_again_s = settings.look_again_s
        relay = OutboxRelay(database, store.OUTBOX, log, tracer, look_again_s=look_again_s)
    service = UserService(
        database, UserEventPublisher(store.OUTBOX), relay.wake if relay else lambda: None
    )
    health = HealthChecker()
    health.add_dependency("database", database.check, critical=True)
    if relay is not None:
        health.add_dependency("redis", relay.check)
    shell = Shell(tracer, health, Metrics())
    app = new_application(
        SERVICE,
        shell,
        _running(database, log, relay, tracer),
        lambda app: add_routes(app, service),
        [CreateUser, PatchUser],
        (DatabaseDown,),
    )
    app.state.service = service
    return app


def application() -> FastAPI:
    """The application as its process has it, with settings from the environment.

    Raises:
        UsageError: a variable can't be used.
    """
    return create_app(UserSettings.read(Environment()))


def _running(
    database: Database, log: EventLog | None, relay: OutboxRelay | None, tracer: Tracer
) -> Callable[[], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        await database.open(store.SCHEMA, waiting=tracer.waiting)
        try:
            async with background_tasks(*([relay.run()] if relay else [])):
                yield
        finally:
            if log is not None:
                await log.close()
            await database.close()

    return running
