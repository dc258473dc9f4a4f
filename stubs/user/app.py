"""user-service put together."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI
from redis.asyncio import Redis

from stubs.database import Database, DatabaseAway
from stubs.events import connect_redis
from stubs.events.publisher import UserEventPublisher
from stubs.events.relay import OutboxRelay
from stubs.health import HealthChecker
from stubs.settings import Environment
from stubs.tasks import meanwhile
from stubs.tracing import LineWriter, Tracer
from stubs.user import store
from stubs.user.handlers import add_routes
from stubs.user.schemas import CreateUser, PatchUser
from stubs.user.service import UserService
from stubs.web import Metrics, Shell, new_application

SERVICE = "user-service"


@dataclass(frozen=True)
class UserSettings:
    """What user-service is told by its environment.

    Attributes:
        database_url: its own database, `sqlite:///file` or `postgresql://…`.
        redis_url: where events go; None keeps them in the outbox.
    """

    database_url: str
    redis_url: str | None = None

    @classmethod
    def read(cls, environment: Environment) -> "UserSettings":
        """From `DATABASE_URL` and `REDIS_URL`.

        Raises:
            UsageError: the first isn't set.
        """
        return cls(
            environment.required("DATABASE_URL", "sqlite:///users.sqlite"),
            environment.text("REDIS_URL"),
        )


def create_app(settings: UserSettings, tracer: Tracer | None = None) -> FastAPI:
    """The application; `app.state.service` is its `UserService`, usable while its lifespan runs.

    Raises:
        UsageError: a URL in the settings can't be used.
    """
    tracer = tracer or Tracer(SERVICE, LineWriter())
    database = Database(settings.database_url)
    redis = connect_redis(settings.redis_url) if settings.redis_url else None
    relay = OutboxRelay(database, store.OUTBOX, redis, tracer) if redis else None
    service = UserService(
        database, UserEventPublisher(store.OUTBOX), relay.wake if relay else lambda: None
    )
    health = HealthChecker()
    health.add_dependency("database", database.check, critical=True)
    if redis is not None and relay is not None:
        health.add_dependency("redis", relay.check)
    shell = Shell(tracer, health, Metrics())
    app = new_application(
        SERVICE,
        shell,
        _running(database, redis, relay, tracer),
        lambda app: add_routes(app, service),
        [CreateUser, PatchUser],
        (DatabaseAway,),
    )
    app.state.service = service
    return app


def _running(
    database: Database, redis: Redis | None, relay: OutboxRelay | None, tracer: Tracer
) -> Callable[[], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running() -> AsyncGenerator[None]:
        await database.open(store.SCHEMA, tell=tracer.waiting)
        try:
            async with meanwhile(*([relay.run()] if relay else [])):
                yield
        finally:
            if redis is not None:
                await redis.aclose()
            await database.close()

    return running
