"""The breaker beyond the search: defaults, growth, hands, events, and how errors are judged."""

import asyncio

import httpx
import pytest

from seatrial.resilience import (
    BadAnswer,
    BreakerPolicy,
    CallRefused,
    CircuitBreaker,
    CircuitOpen,
    CircuitState,
    CutShort,
    Event,
    Operation,
    Overloaded,
    Rejected,
    StateChanged,
    TimedOut,
    Unavailable,
    WindowPolicy,
)
from seatrial.resilience.testing import FakeClock


def opened(policy: BreakerPolicy, clock: FakeClock, **more: object) -> CircuitBreaker:
    """A breaker that has just opened."""
    breaker = CircuitBreaker(policy, clock=clock, **more)  # type: ignore[arg-type]
    for _ in range(policy.failures):
        breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.OPEN
    return breaker


def fail_probe(breaker: CircuitBreaker) -> None:
    """Let one probe through, and let it fail."""
    breaker.acquire().failure()


async def raising(error: BaseException) -> None:
    """A call that ends with `error`."""
    raise error


def test_defaults_are_the_designs() -> None:
    policy = BreakerPolicy()
    assert (policy.failures, policy.open_s, policy.successes) == (5, 60.0, 3)
    assert policy.probe_limit == 3
    assert policy.growth == 1.0


def test_open_time_of_the_design_never_grows() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(), clock)
    for _ in range(3):
        clock.advance(60)
        fail_probe(breaker)
        assert breaker.snapshot().retry_after_s == 60.0


def test_open_time_grows_up_to_its_longest_and_is_forgotten_on_closing() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(open_s=10, growth=2, max_open_s=35, successes=1), clock)
    lasted = [breaker.snapshot().retry_after_s]
    for _ in range(3):
        clock.advance(lasted[-1])
        fail_probe(breaker)
        lasted.append(breaker.snapshot().retry_after_s)
    assert lasted == [10, 20, 35, 35]
    clock.advance(35)
    breaker.acquire().success()
    assert breaker.snapshot().state is CircuitState.CLOSED
    for _ in range(5):
        breaker.acquire().failure()
    assert breaker.snapshot().retry_after_s == 10


def test_jitter_shortens_an_opening_by_its_share_at_most() -> None:
    policy = BreakerPolicy(open_s=10, jitter=0.5)
    lasted = [
        opened(policy, FakeClock(), rng=lambda drawn=drawn: drawn).snapshot().retry_after_s
        for drawn in (0.0, 0.5, 1.0)
    ]
    assert lasted == [10, 7.5, 5]


async def test_open_circuit_rejects_without_sending() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(), clock, name="user-service")
    sent = 0

    async def send() -> None:
        nonlocal sent
        sent += 1

    clock.advance(12.5)
    operation = Operation("user-service", "get_user", trace_id=lambda: "t-1")
    with pytest.raises(CircuitOpen) as caught:
        await breaker.wrap(send, operation)()
    error = caught.value
    assert sent == 0
    assert error.retry_after_s == 47.5
    assert (error.service, error.operation, error.trace_id) == ("user-service", "get_user", "t-1")
    assert error.attempts == 0


def test_time_left_is_never_more_than_an_opening_lasts() -> None:
    clock = FakeClock(84.8)  # (84.8 + 60) - 84.8 is a bit more than 60
    assert opened(BreakerPolicy(), clock).snapshot().retry_after_s <= 60


def test_with_all_probes_out_the_rest_must_wait_a_second() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(probes=1), clock)
    clock.advance(60)
    breaker.acquire()
    with pytest.raises(CircuitOpen) as caught:
        breaker.acquire()
    assert caught.value.retry_after_s == 1.0


@pytest.mark.parametrize(
    "error",
    [
        Unavailable(),
        TimedOut(),
        Overloaded(status=429),
        BadAnswer(),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        TimeoutError(),
        ConnectionResetError(),
        httpx.HTTPStatusError(
            "500", request=httpx.Request("GET", "http://x"), response=httpx.Response(500)
        ),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_the_provider_does_wrong_is_a_failure(error: Exception) -> None:
    breaker = CircuitBreaker(BreakerPolicy(failures=1))
    with pytest.raises(type(error)):
        await breaker.wrap(raising)(error)
    assert breaker.snapshot().state is CircuitState.OPEN


@pytest.mark.parametrize(
    "error",
    [
        Rejected(status=404),
        httpx.HTTPStatusError(
            "404", request=httpx.Request("GET", "http://x"), response=httpx.Response(404)
        ),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_4xx_is_a_success_of_the_provider(error: Exception) -> None:
    breaker = CircuitBreaker(BreakerPolicy(failures=2))
    breaker.acquire().failure()
    with pytest.raises(type(error)):
        await breaker.wrap(raising)(error)
    assert breaker.snapshot().failures == 0


@pytest.mark.parametrize(
    "error", [asyncio.CancelledError(), CircuitOpen(retry_after_s=1), KeyboardInterrupt()]
)
async def test_what_says_nothing_about_the_provider_counts_as_nothing(
    error: BaseException,
) -> None:
    breaker = CircuitBreaker(BreakerPolicy(failures=2))
    breaker.acquire().failure()
    with pytest.raises(type(error)):
        await breaker.wrap(raising)(error)
    assert breaker.snapshot().failures == 1
    assert breaker.snapshot().state is CircuitState.CLOSED


async def test_a_cancelled_task_gives_its_probe_back() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(probes=1), clock)
    clock.advance(60)
    probe = asyncio.create_task(breaker.wrap(asyncio.Event().wait)())
    await asyncio.sleep(0)
    assert breaker.try_acquire() is None
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert breaker.snapshot().state is CircuitState.HALF_OPEN
    assert breaker.try_acquire() is not None


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (Rejected(status=404), CircuitState.CLOSED),
        (CircuitOpen(retry_after_s=1), CircuitState.HALF_OPEN),
        (CutShort(), CircuitState.HALF_OPEN),
        (asyncio.CancelledError(), CircuitState.HALF_OPEN),
        (Unavailable(), CircuitState.OPEN),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
async def test_however_a_probe_ends_it_keeps_no_place(
    end: BaseException, state: CircuitState
) -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(probes=1, successes=1), clock)
    clock.advance(60)
    with pytest.raises(type(end)):
        await breaker.wrap(raising)(end)
    assert breaker.state is state
    clock.advance(60)
    assert breaker.try_acquire() is not None


async def test_a_probe_that_hangs_keeps_its_place_for_its_lease_alone() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(probes=1, open_s=5, lease_s=30), clock)
    clock.advance(5)
    probe = asyncio.create_task(breaker.wrap(asyncio.Event().wait)())
    await asyncio.sleep(0)
    clock.advance(29)
    assert breaker.try_acquire() is None
    clock.advance(1)
    assert breaker.state is CircuitState.OPEN
    clock.advance(5)
    assert breaker.try_acquire() is not None
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    assert breaker.try_acquire() is None  # its end gives no second place


@pytest.mark.parametrize("end", [None, Unavailable()], ids=["success", "failure"])
@pytest.mark.parametrize("window", [None, WindowPolicy(size=4, min_calls=4)], ids=["row", "window"])
async def test_a_result_from_before_it_opened_says_nothing_in_half_open(
    end: Exception | None, window: WindowPolicy | None
) -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(BreakerPolicy(successes=1, window=window), clock=clock)
    going = asyncio.Event()

    async def send() -> None:
        await going.wait()
        if end is not None:
            raise end

    late = asyncio.create_task(breaker.wrap(send)())
    await asyncio.sleep(0)
    for _ in range(5):
        permit = breaker.try_acquire()
        if permit is not None:
            permit.failure()
    clock.advance(60)
    probe = breaker.acquire()
    going.set()
    await asyncio.gather(late, return_exceptions=True)
    assert (breaker.snapshot().state, breaker.snapshot().stale) == (CircuitState.HALF_OPEN, 1)
    probe.success()
    assert breaker.snapshot().state is CircuitState.CLOSED


async def test_fifty_calls_in_half_open_send_no_more_than_the_probes() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(), clock)
    clock.advance(60)
    going = asyncio.Event()
    sent = 0

    async def send() -> None:
        nonlocal sent
        sent += 1
        await going.wait()

    calls = [asyncio.create_task(breaker.wrap(send)()) for _ in range(50)]
    await asyncio.sleep(0)
    assert sent == 3
    going.set()
    ends = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(end, CircuitOpen) for end in ends) == 47
    assert breaker.snapshot().state is CircuitState.CLOSED


def test_isolated_by_hand_stays_so_whatever_time_passes() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(clock=clock)
    breaker.force_open()
    breaker.force_open()
    clock.advance(1e6)
    assert breaker.try_acquire() is None
    assert breaker.snapshot().state is CircuitState.ISOLATED
    assert breaker.snapshot().retry_after_s == 60.0
    breaker.force_close()
    assert breaker.snapshot().state is CircuitState.CLOSED
    assert breaker.try_acquire() is not None


def test_closing_by_hand_ends_an_opening_and_forgets_its_calls() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(BreakerPolicy(failures=1), clock=clock)
    late = breaker.acquire()
    breaker.acquire().failure()
    breaker.force_close()
    late.failure()
    assert breaker.snapshot().state is CircuitState.CLOSED
    assert breaker.snapshot().stale == 1


def test_closing_a_closed_breaker_by_hand_changes_nothing() -> None:
    breaker = CircuitBreaker()
    breaker.acquire().failure()
    breaker.force_close()
    assert breaker.snapshot().failures == 1


async def test_a_late_result_of_a_wrapped_call_is_counted_as_stale() -> None:
    breaker = CircuitBreaker(BreakerPolicy(failures=1))
    going = asyncio.Event()
    late = asyncio.create_task(breaker.wrap(going.wait)())
    await asyncio.sleep(0)
    breaker.acquire().failure()
    going.set()
    assert await late is True
    assert breaker.snapshot().state is CircuitState.OPEN
    assert breaker.snapshot().stale == 1


async def test_a_success_after_the_breaker_was_opened_by_hand_is_stale() -> None:
    breaker = CircuitBreaker()
    going = asyncio.Event()
    late = asyncio.create_task(breaker.wrap(going.wait)())
    await asyncio.sleep(0)
    breaker.force_open()
    going.set()
    await late
    assert breaker.snapshot().stale == 1


def test_a_listener_that_stops_while_it_hears_takes_nothing_from_the_next() -> None:
    breaker = CircuitBreaker(BreakerPolicy(failures=1))
    heard: list[Event] = []
    stop = breaker.listen(lambda event: stop())
    breaker.listen(heard.append)
    breaker.acquire().failure()
    assert len(heard) == 1


def test_changes_and_refusals_are_emitted_with_their_times() -> None:
    clock = FakeClock(5)
    breaker = CircuitBreaker(BreakerPolicy(failures=1, successes=1), name="u", clock=clock)
    heard: list[Event] = []
    stop = breaker.listen(heard.append)
    breaker.acquire().failure()
    breaker.try_acquire()
    with pytest.raises(CircuitOpen):
        breaker.acquire()
    clock.advance(60)
    breaker.acquire().success()
    stop()
    breaker.force_open()
    changes = [event for event in heard if isinstance(event, StateChanged)]
    assert [(change.before, change.after, change.at_s) for change in changes] == [
        ("closed", "open", 5),
        ("open", "half_open", 65),
        ("half_open", "closed", 65),
    ]
    assert changes[0].until_s == 65
    assert [event.retry_after_s for event in heard if isinstance(event, CallRefused)] == [60]


def test_a_listener_that_fails_is_logged_and_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    breaker = CircuitBreaker(BreakerPolicy(failures=1))

    def broken(event: Event) -> None:
        raise ValueError("listener")

    breaker.listen(broken)
    breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.OPEN
    assert "a listener failed on StateChanged" in caplog.text


def test_a_listener_may_close_the_breaker_while_it_hears() -> None:
    clock = FakeClock()
    breaker = opened(BreakerPolicy(), clock)
    breaker.listen(lambda event: breaker.force_close())
    clock.advance(60)
    permit = breaker.acquire()  # half-open is emitted, and closed by the listener
    assert breaker.snapshot().state is CircuitState.CLOSED
    permit.failure()
    assert breaker.snapshot().failures == 1


async def test_wrapping_keeps_name_signature_and_result() -> None:
    async def fetch(user_id: str, limit: int = 3) -> str:
        """Fetch it."""
        return f"{user_id}/{limit}"

    for policy in (BreakerPolicy(), BreakerPolicy(window=WindowPolicy())):
        wrapped = CircuitBreaker(policy).wrap(fetch)
        assert wrapped.__name__ == "fetch"
        assert wrapped.__doc__ == "Fetch it."
        assert await wrapped("7") == "7/3"
        assert await wrapped(user_id="7", limit=1) == "7/1"


def test_snapshot_says_everything_worth_showing() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(BreakerPolicy(failures=1), name="user-service", clock=clock)
    late = breaker.acquire()
    breaker.acquire().failure()
    late.success()
    breaker.try_acquire()
    clock.advance(20)
    snapshot = breaker.snapshot()
    assert snapshot.name == "user-service"
    assert (snapshot.state, snapshot.retry_after_s) == (CircuitState.OPEN, 40.0)
    assert (snapshot.opened, snapshot.refused, snapshot.stale) == (1, 1, 1)
