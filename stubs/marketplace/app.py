"""marketplace-service put together."""

from dataclasses import dataclass
from typing import Self

import httpx
from fastapi import FastAPI

from stubs.clients import ClientSettings, read_user_client
from stubs.events import connect_redis
from stubs.health import HealthChecker
from stubs.marketplace.handlers import add_routes
from stubs.marketplace.service import CardService
from stubs.marketplace.users import DesignUsers, ResilientUsers, Users
from stubs.settings import Environment
from stubs.tracing import LineWriter, Tracer
from stubs.web import Metrics, Shell, new_application

SERVICE = "marketplace-service"
_CLIENTS = ("resilient", "design", "design-raising")
# An old card is better than none, for so long.
_STALE_CARD_S = 300.0


@dataclass(frozen=True)
class MarketplaceSettings:
    """What marketplace-service is told by its environment.

    Attributes:
        user_client: where user-service is and how it is called.
        redis_url: where user events are; without it the cache lives by its TTL alone.
        client: `resilient`, or one of the negative controls `design` and `design-raising`.
    """

    user_client: ClientSettings
    redis_url: str | None = None
    client: str = "resilient"

    @classmethod
    def read(cls, environment: Environment) -> Self:
        """From `USER_SERVICE_URL`, `USER_CLIENT_*`, `REDIS_URL` and `USER_CLIENT`.

        Raises:
            UsageError: one of them can't be used; the message names it.
        """
        return cls(
            read_user_client(environment, stale_if_error_s=_STALE_CARD_S),
            environment.text("REDIS_URL"),
            environment.choice("USER_CLIENT", "resilient", _CLIENTS),
        )


def create_app(
    settings: MarketplaceSettings,
    tracer: Tracer | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> FastAPI:
    """The application; `app.state.users` is its `Users`.

    Args:
        settings: see `MarketplaceSettings`.
        tracer: where its lines go; standard output unless given.
        transport: what requests to user-service go through; httpx's own unless given.

    Raises:
        UsageError: the URL of Redis can't be used.
    """
    shell = Shell(tracer or Tracer(SERVICE, LineWriter()), HealthChecker(), Metrics())
    users = _users(settings, shell, transport)
    cards = CardService(users.lookup)
    app = new_application(SERVICE, shell, users.running, lambda app: add_routes(app, cards))
    app.state.users = users
    return app


def _users(
    settings: MarketplaceSettings, shell: Shell, transport: httpx.AsyncBaseTransport | None
) -> Users:
    if settings.client == "resilient":
        redis = connect_redis(settings.redis_url) if settings.redis_url else None
        return ResilientUsers(settings.user_client, redis, shell, transport)
    return DesignUsers(
        settings.user_client, swallow=settings.client == "design", transport=transport
    )
