"""The order of breaker and retry: what it costs until the circuit opens."""

import pytest

from seatrial.resilience import (
    BreakerPolicy,
    CircuitBreaker,
    CircuitOpen,
    CircuitState,
    Policy,
    Retry,
    RetryPolicy,
    ServiceError,
    StateChanged,
    Unavailable,
    compose,
)
from seatrial.resilience.testing import virtual_time


def until_it_trips(order: str) -> tuple[int, float, int]:
    """Requests sent, seconds and calls until the breaker opened, with the design's options."""
    with virtual_time() as loop:
        sent = calls = 0
        breaker = CircuitBreaker(BreakerPolicy(), clock=loop.time)
        retry = Retry(RetryPolicy(jitter="none"), clock=loop.time)
        opened_s: list[float] = []
        breaker.listen(
            lambda event: opened_s.append(event.at_s) if isinstance(event, StateChanged) else None
        )
        policies: list[Policy] = [breaker, retry]
        if order == "retry around breaker":
            policies.reverse()

        async def request() -> None:
            nonlocal sent
            sent += 1
            raise Unavailable

        call = compose(*policies)(request)

        async def scenario() -> None:
            nonlocal calls
            while breaker.state is not CircuitState.OPEN:
                calls += 1
                with pytest.raises(ServiceError):
                    await call()

        loop.run(scenario())
        return sent, opened_s[0], calls


@pytest.mark.parametrize(
    ("order", "sent", "seconds", "calls"),
    [("breaker around retry", 15, 30.0, 5), ("retry around breaker", 5, 8.0, 2)],
)
def test_requests_sent_before_the_first_trip(
    order: str, sent: int, seconds: float, calls: int
) -> None:
    assert until_it_trips(order) == (sent, seconds, calls)


def test_retry_around_breaker_never_retries_an_open_circuit() -> None:
    with virtual_time() as loop:
        sent = 0
        breaker = CircuitBreaker(BreakerPolicy(failures=2), clock=loop.time)
        retry = Retry(RetryPolicy(jitter="none"), clock=loop.time)

        async def request() -> None:
            nonlocal sent
            sent += 1
            raise Unavailable

        call = compose(retry, breaker)(request)
        with pytest.raises(CircuitOpen) as caught:
            loop.run(call())
        assert sent == 2
        assert caught.value.attempts == 2
