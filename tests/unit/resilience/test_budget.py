"""The retry budget: a share of the calls, a floor, and a window that moves."""

from hypothesis import given
from hypothesis import strategies as st

from seatrial.resilience import RetryBudget, RetryBudgetPolicy
from seatrial.resilience.testing import FakeClock


def test_a_burst_of_forty_calls_may_send_two_retries_each() -> None:
    budget = RetryBudget(clock=FakeClock())
    for _ in range(40):
        budget.call()
    assert all(budget.take() for _ in range(80))


def test_a_storm_is_stopped_at_the_floor_and_a_fifth_of_the_calls() -> None:
    budget = RetryBudget(clock=FakeClock())
    for _ in range(1000):
        budget.call()
    taken = sum(budget.take() for _ in range(2000))
    assert taken == 10 * 10 + 1000 * 0.2
    assert budget.refused == 2000 - taken


def test_without_a_floor_few_calls_allow_no_retry() -> None:
    budget = RetryBudget(RetryBudgetPolicy(floor_per_s=0), clock=FakeClock())
    for _ in range(4):
        budget.call()
    assert not budget.take()
    budget.call()
    assert budget.take()
    assert not budget.take()


def test_calls_and_retries_are_forgotten_with_the_window() -> None:
    clock = FakeClock()
    budget = RetryBudget(RetryBudgetPolicy(floor_per_s=0, window_s=10), clock=clock)
    for _ in range(10):
        budget.call()
    assert [budget.take(), budget.take(), budget.take()] == [True, True, False]
    clock.advance(10.1)
    assert budget.allowed() == 2  # until somebody calls
    assert not budget.take()
    for _ in range(5):
        budget.call()
    assert budget.take()


def test_calls_that_have_left_the_window_pay_for_no_retry() -> None:
    clock = FakeClock()
    policy = RetryBudgetPolicy(ratio=1.0, floor_per_s=0.0, window_s=10)
    budget = RetryBudget(policy, clock=clock)
    budget.call()
    budget.call()
    clock.advance(9.5)
    assert budget.take()
    clock.advance(0.5)  # within the slice of the window in which the retry was taken
    assert not budget.take()


@given(
    steps=st.lists(
        st.one_of(st.just("call"), st.just("retry"), st.floats(0.01, 4.0)), max_size=120
    ),
    ratio=st.sampled_from([0.0, 0.2, 1.0]),
    floor=st.sampled_from([0.0, 0.5]),
)
def test_never_more_retries_in_any_window_than_floor_and_share(
    steps: list[str | float], ratio: float, floor: float
) -> None:
    clock = FakeClock()
    policy = RetryBudgetPolicy(ratio=ratio, floor_per_s=floor, window_s=10)
    budget = RetryBudget(policy, clock=clock)
    calls: list[float] = []
    retries: list[float] = []
    for step in steps:
        if isinstance(step, float):
            clock.advance(step)
        elif step == "call":
            budget.call()
            calls.append(clock())
        elif budget.take():
            retries.append(clock())
        since = clock() - 10
        recent = sum(at > since for at in retries)
        if step == "retry" and recent:
            allowed = floor * 10 + ratio * sum(at > since for at in calls)
            assert recent <= allowed or retries[-1] != clock()
