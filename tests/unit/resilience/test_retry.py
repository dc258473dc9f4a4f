"""Retry: what is repeated, when, how often, and what ends a call."""

import asyncio
from typing import Any

import httpx
import pytest

from seatrial.resilience import (
    BadAnswer,
    CircuitBreaker,
    CircuitOpen,
    CutShort,
    Deadline,
    Event,
    GaveUp,
    Operation,
    OutOfTime,
    Overloaded,
    Rejected,
    Retried,
    Retry,
    RetryBudget,
    RetryBudgetPolicy,
    RetryPolicy,
    ServiceError,
    TimedOut,
    Unavailable,
    compose,
    current_deadline,
    deadline_scope,
    send,
)
from seatrial.resilience.testing import (
    After,
    Dripping,
    FakeClock,
    ScriptedTransport,
    VirtualTimeLoop,
    virtual_time,
)

EXACT = RetryPolicy(jitter="none")


class Provider:
    """A call that ends as the test says, and notes when it began.

    Args:
        loop: whose time it notes.
        ends: how the attempts end; a number is the answer, after that many seconds.
    """

    def __init__(self, loop: VirtualTimeLoop, *ends: Exception | float) -> None:
        self.loop = loop
        self.ends = list(ends)
        self.times_s: list[float] = []

    async def __call__(self) -> str:
        """Make one attempt."""
        self.times_s.append(self.loop.time())
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        await asyncio.sleep(end)
        return "answer"


def run(
    policy: RetryPolicy, *ends: Exception | float, **more: Any
) -> tuple[object, list[float], float]:
    """Return how the call ended, when its attempts began, and when it was over."""
    with virtual_time() as loop:
        provider = Provider(loop, *ends)
        call = Retry(policy, clock=loop.time, **more).wrap(provider)

        async def outcome() -> object:
            try:
                return await call()
            except Exception as error:  # noqa: BLE001 - that it ends so is what is asked
                return error

        return loop.run(outcome()), provider.times_s, loop.time()


def test_three_attempts_two_and_four_seconds_apart() -> None:
    end, times_s, _ = run(EXACT, Unavailable())
    assert isinstance(end, Unavailable)
    assert times_s == [0, 2, 6]
    assert end.attempts == 3


def test_full_jitter_draws_each_wait_between_nothing_and_its_length() -> None:
    drawn = iter([0.25, 0.5])
    _, times_s, _ = run(RetryPolicy(), Unavailable(), rng=lambda: next(drawn))
    assert times_s == [0, 0.5, 2.5]


def test_waits_are_capped() -> None:
    policy = RetryPolicy(attempts=5, cap_s=3, jitter="none")
    assert run(policy, Unavailable())[1] == [0, 2, 5, 8, 11]


def test_a_success_ends_it() -> None:
    end, times_s, _ = run(EXACT, Unavailable(), 0.0)
    assert end == "answer"
    assert times_s == [0, 2]


@pytest.mark.parametrize(
    "error",
    [
        Unavailable(),
        TimedOut(),
        Overloaded(),
        BadAnswer(),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_may_pass_is_repeated(error: Exception) -> None:
    assert len(run(EXACT, error)[1]) == 3


@pytest.mark.parametrize(
    "error",
    [
        CircuitOpen(retry_after_s=0.1),
        OutOfTime(),
        Rejected(status=403),
        ValueError("a mistake of ours"),
        Unavailable(repeatable=False),
        httpx.ReadError("reset", request=httpx.Request("POST", "http://x")),
        httpx.HTTPStatusError(
            "404", request=httpx.Request("GET", "http://x"), response=httpx.Response(404)
        ),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_wont_pass_or_may_be_done_already_is_not_repeated(error: Exception) -> None:
    end, times_s, over_s = run(EXACT, error)
    assert end is error
    assert times_s == [0]
    assert over_s == 0


def test_an_operation_that_must_not_be_repeated_is_not() -> None:
    with virtual_time() as loop:
        provider = Provider(loop, Unavailable())
        call = Retry(EXACT, clock=loop.time).wrap(provider, Operation(repeatable=False))
        with pytest.raises(Unavailable):
            loop.run(call())
        assert len(provider.times_s) == 1


def test_retry_after_is_honoured_when_it_fits_the_deadline() -> None:
    end, times_s, _ = run(EXACT, Overloaded(retry_after_s=9.0), 0.0)
    assert end == "answer"
    assert times_s == [0, 9]


def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once() -> None:
    end, times_s, over_s = run(EXACT, Overloaded(retry_after_s=30.0))
    assert isinstance(end, Overloaded)
    assert (times_s, over_s) == ([0], 0)


def test_without_a_deadline_the_cap_bounds_retry_after() -> None:
    policy = RetryPolicy(deadline_s=None, cap_s=10, jitter="none")
    assert run(policy, Overloaded(retry_after_s=10.0))[1] == [0]
    assert run(policy, Overloaded(retry_after_s=9.0), 0.0)[1] == [0, 9]


def test_retry_after_of_a_plain_httpx_error_counts_too() -> None:
    response = httpx.Response(503, headers={"retry-after": "7"})
    error = httpx.HTTPStatusError(
        "503", request=httpx.Request("GET", "http://x"), response=response
    )
    assert run(EXACT, error, 0.0)[1] == [0, 7]


def test_a_shorter_retry_after_never_shortens_our_own_wait() -> None:
    assert run(EXACT, Overloaded(retry_after_s=0.5), 0.0)[1] == [0, 2]


def test_an_attempt_is_aborted_after_its_time() -> None:
    end, times_s, over_s = run(RetryPolicy(attempt_timeout_s=5, jitter="none"), 60.0)
    assert isinstance(end, TimedOut)
    assert end.attempts == 3
    assert times_s == [0, 7, 16]
    assert over_s == 21


def test_a_wait_that_doesnt_fit_the_deadline_ends_the_call() -> None:
    end, times_s, over_s = run(
        RetryPolicy(attempt_timeout_s=1, deadline_s=5, jitter="none"), Unavailable()
    )
    assert isinstance(end, Unavailable)
    assert (times_s, over_s) == ([0, 2], 2)


def test_the_deadline_aborts_the_last_attempt() -> None:
    policy = RetryPolicy(attempt_timeout_s=4, deadline_s=7, jitter="none")
    end, times_s, over_s = run(policy, 60.0)
    assert isinstance(end, TimedOut)
    assert times_s == [0, 6]
    assert over_s == 7


def until_the_callers_deadline(seconds: float) -> tuple[ServiceError, float, int]:
    """Return how a call to a provider that hangs ends, when, and what the breaker counted."""
    with virtual_time() as loop:
        breaker = CircuitBreaker(clock=loop.time)
        call = compose(breaker, Retry(EXACT, clock=loop.time))(Provider(loop, 60.0))

        async def scenario() -> None:
            with deadline_scope(Deadline.after(seconds, loop.time)):
                await call()

        with pytest.raises(ServiceError) as caught:
            loop.run(scenario())
        return caught.value, loop.time(), breaker.snapshot().failures


def test_a_callers_deadline_cuts_an_attempt_short_and_says_nothing_about_the_provider() -> None:
    error, ended_s, failures = until_the_callers_deadline(3)
    assert type(error) is CutShort
    assert (error.attempts, ended_s, failures) == (1, 3, 0)


def test_an_attempt_that_has_had_its_time_is_the_providers_failure_under_any_deadline() -> None:
    error, ended_s, failures = until_the_callers_deadline(6)
    assert type(error) is TimedOut
    assert (ended_s, failures) == (5, 1)


def test_a_wait_that_lasted_beyond_the_deadline_ends_the_call_with_the_last_error() -> None:
    clock = FakeClock()
    attempts = 0

    async def fail() -> None:
        nonlocal attempts
        attempts += 1
        raise Unavailable

    async def oversleep(seconds: float) -> None:
        clock.advance(seconds + 100)

    with pytest.raises(Unavailable):
        asyncio.run(Retry(EXACT, clock=clock, sleep=oversleep).wrap(fail)())
    assert attempts == 1


def test_nothing_is_sent_for_a_caller_that_has_gone() -> None:
    with virtual_time() as loop:
        provider = Provider(loop, 0.0)
        call = Retry(EXACT, clock=loop.time).wrap(provider, Operation("users", "get"))

        async def scenario() -> None:
            with deadline_scope(Deadline.after(1, loop.time)):
                await asyncio.sleep(1)
                await call()

        with pytest.raises(OutOfTime) as caught:
            loop.run(scenario())
        assert provider.times_s == []
        assert (caught.value.attempts, caught.value.service) == (0, "users")


def test_each_attempt_sees_the_deadline_of_the_call() -> None:
    with virtual_time() as loop:
        seen: list[float] = []

        async def look() -> None:
            deadline = current_deadline()
            assert deadline is not None
            seen.append(deadline.remaining_s())
            raise Unavailable

        with pytest.raises(Unavailable):
            loop.run(Retry(EXACT, clock=loop.time).wrap(look)())
        assert seen == [30, 28, 24]


def test_a_dripping_body_doesnt_outlive_its_attempt() -> None:
    with virtual_time() as loop:
        wire = ScriptedTransport(then=Dripping(b"x" * 1000, every_s=0.15))

        async def scenario() -> None:
            async with httpx.AsyncClient(transport=wire, timeout=0.5) as client:
                policy = RetryPolicy(attempts=1, attempt_timeout_s=0.5)
                call = Retry(policy, clock=loop.time).wrap(send)
                await call(client, client.build_request("GET", "http://x"))

        with pytest.raises(TimedOut):
            loop.run(scenario())
        assert loop.time() == 0.5
        assert wire.aborted == 1


@pytest.mark.parametrize(("headers", "attempts"), [({}, 1), ({"idempotency-key": "k"}, 3)])
def test_a_post_that_timed_out_is_repeated_only_with_a_key(
    headers: dict[str, str], attempts: int
) -> None:
    with virtual_time() as loop:
        wire = ScriptedTransport(then=After(60, 200))

        async def scenario() -> None:
            async with httpx.AsyncClient(transport=wire) as client:
                call = Retry(EXACT, clock=loop.time).wrap(send)
                await call(client, client.build_request("POST", "http://x", headers=headers))

        with pytest.raises(TimedOut):
            loop.run(scenario())
        assert len(wire.requests) == attempts


def test_the_callers_cancellation_is_never_a_timeout() -> None:
    with virtual_time() as loop:
        provider = Provider(loop, 60.0)
        call = Retry(EXACT, clock=loop.time).wrap(provider)

        async def scenario() -> None:
            task = asyncio.create_task(call())
            await asyncio.sleep(1)
            task.cancel()
            await task

        with pytest.raises(asyncio.CancelledError):
            loop.run(scenario())
        assert len(provider.times_s) == 1


def test_a_cancellation_at_the_very_moment_of_the_timeout_is_a_cancellation() -> None:
    with virtual_time() as loop:
        call = Retry(RetryPolicy(attempts=1, attempt_timeout_s=5), clock=loop.time).wrap(
            Provider(loop, 60.0)
        )

        async def scenario() -> asyncio.Task[str]:
            task = asyncio.create_task(call())
            loop.call_at(5, task.cancel)
            await asyncio.gather(task, return_exceptions=True)
            return task

        task = loop.run(scenario())
        assert (task.cancelled(), loop.time()) == (True, 5)


async def test_an_outer_timeout_that_comes_first_is_not_the_attempts() -> None:
    call = Retry(RetryPolicy(attempts=1, attempt_timeout_s=5)).wrap(asyncio.Event().wait)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await call()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


def test_a_timeout_of_the_callee_is_not_ours_but_is_repeated() -> None:
    end, times_s, _ = run(EXACT, TimeoutError("its own"))
    assert isinstance(end, TimeoutError)
    assert times_s == [0, 2, 6]


def test_a_budget_that_is_used_up_lets_the_first_error_through() -> None:
    budget = RetryBudget(RetryBudgetPolicy(ratio=0, floor_per_s=0.1), clock=FakeClock())
    assert len(run(EXACT, Unavailable(), budget=budget)[1]) == 2
    assert len(run(EXACT, Unavailable(), budget=budget)[1]) == 1
    assert budget.refused == 2


def test_forty_calls_at_once_are_all_retried_twice() -> None:
    with virtual_time() as loop:
        provider = Provider(loop, Unavailable())
        call = Retry(EXACT, clock=loop.time).wrap(provider)

        async def scenario() -> None:
            await asyncio.gather(*(call() for _ in range(40)), return_exceptions=True)

        loop.run(scenario())
        assert len(provider.times_s) == 40 * 3


def test_tasks_that_share_a_retry_each_have_their_own_attempts_and_error() -> None:
    with virtual_time() as loop:
        attempts: dict[int, int] = {}

        async def fail(number: int) -> None:
            attempts[number] = attempts.get(number, 0) + 1
            raise Unavailable(f"for {number}")

        call = Retry(RetryPolicy(), clock=loop.time).wrap(fail)

        async def scenario() -> list[Any]:
            return await asyncio.gather(*(call(n) for n in range(5)), return_exceptions=True)

        ends = loop.run(scenario())
        assert [end.reason for end in ends] == [f"for {n}" for n in range(5)]
        assert attempts == dict.fromkeys(range(5), 3)


def test_retries_and_giving_up_are_emitted() -> None:
    heard: list[Event] = []
    with virtual_time() as loop:
        retry = Retry(EXACT, clock=loop.time)
        retry.listen(heard.append)
        call = retry.wrap(Provider(loop, Unavailable()), Operation("users", "get"))
        with pytest.raises(Unavailable):
            loop.run(call())
    retried = [event for event in heard if isinstance(event, Retried)]
    assert [(event.attempt, event.delay_s) for event in retried] == [(1, 2.0), (2, 4.0)]
    gave_up = heard[-1]
    assert isinstance(gave_up, GaveUp)
    assert (gave_up.attempt, gave_up.reason) == (3, "attempts")
    assert retry.retried == 2


@pytest.mark.parametrize(
    ("policy", "error", "reason"),
    [
        (EXACT, Unavailable(repeatable=False), "not_repeatable"),
        (EXACT, Overloaded(retry_after_s=99.0), "retry_after"),
        (RetryPolicy(deadline_s=1, attempt_timeout_s=1, jitter="none"), Unavailable(), "deadline"),
    ],
)
def test_giving_up_says_why(policy: RetryPolicy, error: Exception, reason: str) -> None:
    heard: list[Event] = []
    with virtual_time() as loop:
        retry = Retry(policy, clock=loop.time)
        retry.listen(heard.append)
        with pytest.raises(type(error)):
            loop.run(retry.wrap(Provider(loop, error))())
    assert [event.reason for event in heard if isinstance(event, GaveUp)] == [reason]


def untimed(**more: Any) -> RetryPolicy:
    """A policy without a timer: its first attempt carries no deadline of its own."""
    return RetryPolicy(attempt_timeout_s=None, jitter="none", **more)


def test_without_a_timer_the_same_is_tried_at_the_same_times() -> None:
    for ends in ([Unavailable()], [Unavailable(), 0.0], [Rejected(status=400)], [0.0]):
        timed, untimed_ = run(EXACT, *ends), run(untimed(), *ends)
        assert str(timed[0]) == str(untimed_[0])
        assert timed[1:] == untimed_[1:]


def test_without_a_timer_the_deadline_is_looked_at_between_attempts() -> None:
    end, times_s, over_s = run(untimed(deadline_s=7), Unavailable(), 60.0)
    assert end == "answer"
    assert (times_s, over_s) == ([0, 2], 62)
    assert run(untimed(deadline_s=5), Unavailable())[1] == [0, 2]


def test_without_a_timer_calls_count_for_the_budget() -> None:
    clock = FakeClock()
    budget = RetryBudget(RetryBudgetPolicy(ratio=1, floor_per_s=0), clock=clock)
    for ends in ([0.0], [0.0], [Unavailable()]):
        run(untimed(), *ends, budget=budget)
    assert budget.calls == 3
    assert [budget.take(), budget.take()] == [True, False]


def test_without_a_timer_calls_are_forgotten_with_the_window() -> None:
    clock = FakeClock()
    budget = RetryBudget(RetryBudgetPolicy(ratio=1, floor_per_s=0, window_s=10), clock=clock)
    call = Retry(untimed(), clock=clock, sleep=clock.sleep, budget=budget).wrap(asyncio.sleep)
    for _ in range(5):
        asyncio.run(call(0))
    clock.advance(20)
    asyncio.run(call(0))
    assert [budget.take(), budget.take()] == [True, False]


def test_the_last_errors_context_is_the_history_of_the_attempts() -> None:
    end = run(untimed(), Unavailable("first"), Unavailable("second"), Rejected(status=400))[0]
    assert isinstance(end, Rejected)
    assert end.attempts == 3
