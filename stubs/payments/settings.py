"""Settings of payments-service, from its environment."""

from dataclasses import dataclass
from typing import Self

from stubs.clients import ClientSettings, read_marketplace_client, read_user_client
from stubs.settings import Environment

_USER_TTL_S = 2.0


@dataclass(frozen=True)
class AcquirerSettings:
    """Where the acquirer is, and how long it is waited for. Times are seconds.

    Attributes:
        url: without a slash at its end.
        ask_s: how long its answer to one request is waited for.
        reconcile_every_s: the time between two rounds of reconciliation.
        give_up_s: so long after it was first asked, a payment that it doesn't know is voided.
    """

    url: str = "http://acquirer:3005"
    ask_s: float = 3.0
    reconcile_every_s: float = 1.0
    give_up_s: float = 30.0


@dataclass(frozen=True)
class PaymentsSettings:
    """Settings of payments-service, from its environment.

    Attributes:
        database_url: its own database, `sqlite:///file` or `postgresql://…`.
        user_client: where user-service is and how it is called.
        marketplace_client: where marketplace-service is and how it is called.
        acquirer: where the acquirer is and how it is called.
        redis_url: where events go; None keeps them in the outbox.
        receipt_wait_s: how long a receipt waits for the other services, seconds.
    """

    database_url: str
    user_client: ClientSettings
    marketplace_client: ClientSettings
    acquirer: AcquirerSettings
    redis_url: str | None = None
    receipt_wait_s: float = 6.0

    @classmethod
    def read(cls, environment: Environment) -> Self:
        """From `DATABASE_URL`, `REDIS_URL`, `ACQUIRER_*`, `RECEIPT_WAIT_S` and the clients' own.

        Raises:
            UsageError: the first isn't set, or one of them can't be used; the message names it.
        """
        number = environment.number
        acquirer = AcquirerSettings(
            url=environment.url("ACQUIRER_URL", AcquirerSettings.url),
            ask_s=number("ACQUIRER_ASK_S", AcquirerSettings.ask_s, low=0.001, high=3600.0),
            reconcile_every_s=number(
                "RECONCILE_EVERY_S", AcquirerSettings.reconcile_every_s, low=0.01, high=3600.0
            ),
            give_up_s=number(
                "ACQUIRER_GIVE_UP_S", AcquirerSettings.give_up_s, low=0.0, high=86_400.0
            ),
        )
        return cls(
            environment.required("DATABASE_URL", "sqlite:///payments.sqlite"),
            # No events are read here: a deleted user must not go on paying for long.
            read_user_client(environment, cache_ttl_s=_USER_TTL_S),
            read_marketplace_client(environment),
            acquirer,
            environment.text("REDIS_URL"),
            number("RECEIPT_WAIT_S", cls.receipt_wait_s, low=0.001, high=3600.0),
        )
