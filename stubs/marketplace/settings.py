"""Settings of marketplace-service, from its environment."""

from dataclasses import dataclass
from typing import Self

from stubs.clients import ClientSettings, read_payments_client, read_user_client
from stubs.events.relay import LOOK_AGAIN_S
from stubs.settings import Environment

_CLIENTS = ("resilient", "design", "design-raising")
# An old card is better than none, for so long.
_STALE_CARD_S = 300.0


@dataclass(frozen=True)
class MarketplaceSettings:
    """Settings of marketplace-service, from its environment.

    Attributes:
        database_url: its own database, `sqlite:///file` or `postgresql://…`.
        user_client: where user-service is and how it is called.
        payments_client: where payments-service is and how it is called.
        redis_url: where events are; without it the cache lives by its TTL alone, job events stay in
            the outbox, and nothing is cleaned up after a user.
        client: `resilient`, or one of the negative controls `design` and `design-raising`.
        look_again_s: the longest time without a look at the outbox, seconds.
    """

    database_url: str
    user_client: ClientSettings
    payments_client: ClientSettings
    redis_url: str | None = None
    client: str = "resilient"
    look_again_s: float = LOOK_AGAIN_S

    @classmethod
    def read(cls, environment: Environment) -> Self:
        """From `DATABASE_URL`, `REDIS_URL`, `USER_CLIENT`, `OUTBOX_LOOK_AGAIN_S`, and the clients'.

        Raises:
            UsageError: one of them can't be used; the message names it.
        """
        return cls(
            environment.required("DATABASE_URL", "sqlite:///marketplace.sqlite"),
            read_user_client(environment, stale_if_error_s=_STALE_CARD_S),
            read_payments_client(environment),
            environment.text("REDIS_URL"),
            environment.choice("USER_CLIENT", "resilient", _CLIENTS),
            environment.number("OUTBOX_LOOK_AGAIN_S", LOOK_AGAIN_S, 0.01, 3600),
        )
