"""Settings of the clients, from the environment; the defaults are the design's."""

from dataclasses import dataclass

from seatrial.resilience import (
    BreakerPolicy,
    CachePolicy,
    RetryBudgetPolicy,
    RetryPolicy,
)
from stubs.settings import Environment

_DAY_S = 86_400.0
_LEASE_MARGIN_S = 5.0
_ORDERS = ("around-retry", "inside-retry")


@dataclass(frozen=True)
class ClientSettings:
    """Where a service is, and how it is called.

    Attributes:
        base_url: without a slash at its end.
        retry: attempts, waits, the timeout of a try and the deadline of a call.
        breaker: when the circuit opens and closes.
        cache: how long answers are kept.
        order: whether the breaker is `around-retry`, as in the design, and counts calls, or
            `inside-retry`, and counts attempts.
    """

    base_url: str
    retry: RetryPolicy
    breaker: BreakerPolicy
    cache: CachePolicy
    order: str = "around-retry"


def read_client(
    environment: Environment,
    name: str,
    default_url: str,
    *,
    cache_ttl_s: float = 300.0,
    stale_if_error_s: float = 0.0,
) -> ClientSettings:
    """From `<NAME>_SERVICE_URL` and `<NAME>_CLIENT_*`.

    Args:
        environment: where they are set.
        name: `USER`, for one.
        default_url: the service's address in the design.
        cache_ttl_s: the default of `<NAME>_CLIENT_CACHE_TTL_S`; the design's, unless the caller
            hears of no change before an entry expires.
        stale_if_error_s: the default of `<NAME>_CLIENT_STALE_IF_ERROR_S`, which is the caller's.

    Raises:
        UsageError: a variable has a value that can't be used; the message names it.
    """
    url = environment.url(f"{name}_SERVICE_URL", default_url)
    option = f"{name}_CLIENT_{{}}".format
    number = environment.number
    deadline_s = number(option("DEADLINE_S"), 30.0, low=0.001, high=_DAY_S)
    open_s = number(option("OPEN_S"), 60.0, low=0.001, high=_DAY_S)
    successes = environment.whole(option("SUCCESSES"), 3, low=1)
    return ClientSettings(
        base_url=url,
        retry=RetryPolicy(
            attempts=environment.whole(option("ATTEMPTS"), 3, low=1, high=100),
            backoff_s=number(option("BACKOFF_S"), 2.0, low=0.001, high=_DAY_S),
            cap_s=number(option("BACKOFF_CAP_S"), 30.0, low=0.001, high=_DAY_S),
            attempt_timeout_s=number(
                option("ATTEMPT_TIMEOUT_S"), min(5.0, deadline_s), low=0.001, high=deadline_s
            ),
            deadline_s=deadline_s,
            budget=RetryBudgetPolicy(
                floor_per_s=number(option("RETRIES_PER_S"), 10.0, low=0.0, high=1e6)
            ),
        ),
        breaker=BreakerPolicy(
            failures=environment.whole(option("FAILURES"), 5, low=1),
            open_s=open_s,
            successes=successes,
            probes=environment.whole(option("PROBES"), successes, low=1),
            # A probe is a whole call, and may be retried.
            lease_s=deadline_s + _LEASE_MARGIN_S,
        ),
        cache=CachePolicy(
            ttl_s=number(option("CACHE_TTL_S"), cache_ttl_s, low=0.001, high=_DAY_S),
            max_entries=environment.whole(option("CACHE_MAX"), 10_000, low=1, high=10_000_000),
            stale_if_error_s=number(
                option("STALE_IF_ERROR_S"), stale_if_error_s, low=0.0, high=_DAY_S
            ),
        ),
        order=environment.choice(option("ORDER"), _ORDERS[0], _ORDERS),
    )


def read_user_client(
    environment: Environment, *, cache_ttl_s: float = 300.0, stale_if_error_s: float = 0.0
) -> ClientSettings:
    """From `USER_SERVICE_URL` and `USER_CLIENT_*`; see `read_client`."""
    return read_client(
        environment,
        "USER",
        "http://user-service:3001",
        cache_ttl_s=cache_ttl_s,
        stale_if_error_s=stale_if_error_s,
    )


def read_payments_client(environment: Environment) -> ClientSettings:
    """From `PAYMENTS_SERVICE_URL` and `PAYMENTS_CLIENT_*`; see `read_client`."""
    return read_client(environment, "PAYMENTS", "http://payments-service:3004")


def read_marketplace_client(environment: Environment) -> ClientSettings:
    """From `MARKETPLACE_SERVICE_URL` and `MARKETPLACE_CLIENT_*`; see `read_client`."""
    return read_client(environment, "MARKETPLACE", "http://marketplace-service:3002")
