"""What the clients are told by the environment; the defaults are the design's."""

from dataclasses import dataclass

from seatrial.resilience.policies import BreakerPolicy, CachePolicy, RetryPolicy
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
            `inside-retry`, and counts tries.
    """

    base_url: str
    retry: RetryPolicy
    breaker: BreakerPolicy
    cache: CachePolicy
    order: str = "around-retry"


def read_user_client(environment: Environment, *, stale_if_error_s: float = 0.0) -> ClientSettings:
    """From `USER_SERVICE_URL` and `USER_CLIENT_*`.

    Args:
        environment: where they are set.
        stale_if_error_s: the default of `USER_CLIENT_STALE_IF_ERROR_S`, which is the caller's.

    Raises:
        UsageError: a variable has a value that can't be used; the message names it.
    """
    name = "USER_CLIENT_{}".format
    number = environment.number
    deadline_s = number(name("DEADLINE_S"), 30.0, low=0.001, high=_DAY_S)
    open_s = number(name("OPEN_S"), 60.0, low=0.001, high=_DAY_S)
    successes = environment.whole(name("SUCCESSES"), 3, low=1)
    return ClientSettings(
        base_url=environment.url("USER_SERVICE_URL", "http://user-service:3001"),
        retry=RetryPolicy(
            attempts=environment.whole(name("ATTEMPTS"), 3, low=1, high=100),
            backoff_s=number(name("BACKOFF_S"), 2.0, low=0.001, high=_DAY_S),
            cap_s=number(name("BACKOFF_CAP_S"), 30.0, low=0.001, high=_DAY_S),
            try_timeout_s=number(
                name("TRY_TIMEOUT_S"), min(5.0, deadline_s), low=0.001, high=deadline_s
            ),
            total_s=deadline_s,
        ),
        breaker=BreakerPolicy(
            failures=environment.whole(name("FAILURES"), 5, low=1),
            open_s=open_s,
            successes=successes,
            probes=environment.whole(name("PROBES"), successes, low=1),
            # A probe is a whole call, and may be retried.
            lease_s=deadline_s + _LEASE_MARGIN_S,
        ),
        cache=CachePolicy(
            ttl_s=number(name("CACHE_TTL_S"), 300.0, low=0.001, high=_DAY_S),
            max_entries=environment.whole(name("CACHE_MAX"), 10_000, low=1, high=10_000_000),
            stale_if_error_s=number(
                name("STALE_IF_ERROR_S"), stale_if_error_s, low=0.0, high=_DAY_S
            ),
        ),
        order=environment.choice(name("ORDER"), _ORDERS[0], _ORDERS),
    )
