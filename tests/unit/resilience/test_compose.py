"""Composed calls: called as what is inside, in the order given, by whatever policies."""

from collections.abc import Callable
from typing import Any

import pytest

from seatrial.resilience import (
    ANONYMOUS,
    AsyncCall,
    BreakerPolicy,
    Cache,
    CircuitBreaker,
    CircuitOpen,
    CircuitState,
    Operation,
    Policy,
    Retry,
    RetryPolicy,
    Unavailable,
    WindowPolicy,
    WrappedCall,
    compose,
)
from seatrial.resilience.operation import P, T
from seatrial.resilience.testing import FakeClock


def policies(clock: Callable[[], float]) -> list[Policy]:
    """One policy of each kind, none of which sets a timer."""
    watching = BreakerPolicy(window=WindowPolicy())
    return [
        Cache(clock=clock),
        CircuitBreaker(clock=clock),
        CircuitBreaker(watching, clock=clock),
        Retry(RetryPolicy(attempt_timeout_s=None), clock=clock),
        Retry(RetryPolicy(attempt_timeout_s=None, budget=None), clock=clock),
        Retry(clock=clock),
    ]


async def plain(a: int, b: int = 2) -> tuple[object, ...]:
    """Two parameters, one of them with a default."""
    return a, b


async def keywords(a: int, *more: int, b: int = 2, **rest: int) -> tuple[object, ...]:
    """All kinds of parameters."""
    return a, more, b, rest


async def awkward(first: int, call: int, operation: int = 0) -> tuple[object, ...]:
    """Parameters named as a policy's own variables."""
    return first, call, operation


async def unary(entry: int) -> int:
    """One parameter, named as a variable of the cache."""
    return entry


class Client:
    """Something with a method."""

    async def get(self, key: str) -> str:
        """A method."""
        return f"got {key}"


@pytest.mark.parametrize("index", range(6))
async def test_a_wrapped_call_is_called_as_what_is_inside(index: int) -> None:
    wrap = compose(policies(FakeClock())[index])
    assert await wrap(plain)(1) == (1, 2)
    assert await wrap(plain)(b=1, a=2) == (2, 1)
    assert await wrap(keywords)(1, 2, 3, b=4, c=5) == (1, (2, 3), 4, {"c": 5})
    assert await wrap(awkward)(first=1, call=2) == (1, 2, 0)
    assert await wrap(unary)(1) == await wrap(unary)(entry=1) == 1
    assert await wrap(Client().get)("x") == await wrap(Client().get)(key="x") == "got x"
    with pytest.raises(TypeError):
        await wrap(unary)(1, wrong=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        await wrap(plain)()  # type: ignore[call-arg]


async def test_neighbours_with_clocks_of_their_own_read_each() -> None:
    cache: Cache[Any, Any] = Cache(clock=FakeClock(5))
    retry = Retry(RetryPolicy(attempt_timeout_s=None), clock=FakeClock(7))
    assert await compose(cache, retry)(plain)(1) == (1, 2)


async def test_each_order_does_what_the_order_says() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(BreakerPolicy(failures=3), clock=clock)
    retry = Retry(RetryPolicy(attempt_timeout_s=None), clock=clock, sleep=clock.sleep)
    sent = 0

    async def fail() -> None:
        nonlocal sent
        sent += 1
        raise Unavailable

    with pytest.raises(Unavailable):
        await compose(breaker, retry)(fail)()
    assert (sent, breaker.snapshot().failures) == (3, 1)
    with pytest.raises(CircuitOpen):
        await compose(retry, breaker)(fail)()
    assert (sent, breaker.snapshot().state) == (5, CircuitState.OPEN)


async def test_a_breaker_around_a_cache_counts_hits() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(BreakerPolicy(failures=1, successes=2), clock=clock)
    call = compose(breaker, Cache(clock=clock))(plain)
    await call(1)
    breaker.acquire().failure()
    with pytest.raises(CircuitOpen):
        await call(1)
    clock.advance(60)
    await call(1)
    await call(1)
    assert breaker.snapshot().state is CircuitState.CLOSED


async def test_a_policy_of_ones_own_may_stand_anywhere() -> None:
    class Doubled:
        """Calls twice."""

        def wrap(
            self, call: AsyncCall[P, T], operation: Operation = ANONYMOUS
        ) -> WrappedCall[P, T]:
            """The call, and again."""

            async def doubled(*args: P.args, **kwargs: P.kwargs) -> T:
                await call(*args, **kwargs)
                return await call(*args, **kwargs)

            return doubled

    called = 0

    async def count(number: int) -> int:
        nonlocal called
        called += 1
        return number

    breaker = CircuitBreaker()
    retry = Retry(RetryPolicy(attempt_timeout_s=None))
    for own in (
        (Doubled(), breaker, retry),
        (breaker, Doubled(), retry),
        (breaker, retry, Doubled()),
    ):
        called = 0
        assert await compose(*own)(count)(7) == 7
        assert called == 2


async def test_without_policies_the_call_is_itself() -> None:
    assert compose()(plain) is plain
