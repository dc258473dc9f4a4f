"""Retry against whatever a provider may do: the promises that hold for every schedule."""

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.resilience import (
    Overloaded,
    Rejected,
    Retry,
    RetryBudget,
    RetryBudgetPolicy,
    RetryPolicy,
    ServiceError,
    Unavailable,
)
from seatrial.resilience.testing import VirtualTimeLoop, virtual_time


@dataclass(frozen=True)
class Fault:
    """A fault that one attempt meets: some time, then an end."""

    takes_s: float
    end: str
    asks_s: float | None = None


@dataclass
class Attempts:
    """The attempts of one call, as the provider saw them."""

    began_s: list[float] = field(default_factory=list)
    ended_s: list[float] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


TAKES = st.sampled_from([0.0, 0.1, 0.5, 3.0])
FAULTS = st.one_of(
    st.builds(Fault, TAKES, st.sampled_from(["answer", "unavailable", "rejected"])),
    st.builds(Fault, TAKES, st.just("overloaded"), st.sampled_from([None, 0.0, 0.3, 2.0, 60.0])),
)
# bursts of the same fault find more than lists of single ones
SCHEDULES = st.lists(st.tuples(FAULTS, st.integers(1, 4)), min_size=1, max_size=4).map(
    lambda bursts: [fault for fault, times in bursts for _ in range(times)]
)
POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 6),
    backoff_s=st.sampled_from([0.1, 1.0]),
    cap_s=st.sampled_from([0.5, 5.0]),
    jitter=st.sampled_from(["full", "none"]),
    attempt_timeout_s=st.sampled_from([0.2, 1.0]),
    deadline_s=st.sampled_from([1.0, 4.0, None]),
)


class Provider:
    """Plays a schedule of faults, the last one for ever."""

    def __init__(self, loop: VirtualTimeLoop, schedule: list[Fault]) -> None:
        self.loop = loop
        self.schedule = list(schedule)

    async def __call__(self, attempts: Attempts) -> str:
        """Make one attempt."""
        fault = self.schedule.pop(0) if len(self.schedule) > 1 else self.schedule[0]
        attempts.began_s.append(self.loop.time())
        attempts.faults.append(fault)
        try:
            await asyncio.sleep(fault.takes_s)
        finally:
            attempts.ended_s.append(self.loop.time())
        if fault.end == "unavailable":
            raise Unavailable
        if fault.end == "overloaded":
            raise Overloaded(retry_after_s=fault.asks_s)
        if fault.end == "rejected":
            raise Rejected(status=400)
        return "answer"


def play(
    policy: RetryPolicy, schedule: list[Fault], calls: int, budget: RetryBudgetPolicy | None = None
) -> tuple[list[Attempts], list[object], list[float]]:
    """Return the attempts of each call, how each ended, and when."""
    with virtual_time() as loop:
        shared = None if budget is None else RetryBudget(budget, clock=loop.time)
        call = Retry(policy, clock=loop.time, budget=shared).wrap(Provider(loop, schedule))
        all_attempts = [Attempts() for _ in range(calls)]
        over_s: list[float] = []

        async def one(attempts: Attempts) -> object:
            try:
                return await call(attempts)
            except ServiceError as error:
                return error
            finally:
                over_s.append(loop.time())

        async def scenario() -> list[object]:
            return await asyncio.gather(*(one(attempts) for attempts in all_attempts))

        return all_attempts, loop.run(scenario()), over_s


@settings(max_examples=300, deadline=None)
@given(policy=POLICIES, schedule=SCHEDULES)
def test_attempts_gaps_and_deadline_are_kept(policy: RetryPolicy, schedule: list[Fault]) -> None:
    [attempts], [end], [over_s] = play(policy, schedule, calls=1)
    count = len(attempts.began_s)
    assert 1 <= count <= policy.attempts
    if isinstance(end, ServiceError):
        assert end.attempts == count
    for retry in range(1, count):
        gap_s = attempts.began_s[retry] - attempts.ended_s[retry - 1]
        fault = attempts.faults[retry - 1]
        took_s = attempts.ended_s[retry - 1] - attempts.began_s[retry - 1]
        was_cut = took_s < fault.takes_s - 1e-6
        assert was_cut or fault.end not in ("answer", "rejected")
        asked_s = 0.0 if was_cut else (fault.asks_s or 0.0)
        longest_s = policy.backoff(retry)
        assert gap_s >= asked_s - 1e-6
        assert gap_s <= max(longest_s, asked_s) + 1e-6
        if policy.jitter == "none":
            assert gap_s >= longest_s - 1e-6
    for began_s, ended_s in zip(attempts.began_s, attempts.ended_s, strict=True):
        assert policy.attempt_timeout_s is not None
        assert ended_s - began_s <= policy.attempt_timeout_s + 1e-6
    if policy.deadline_s is not None:
        assert over_s <= policy.deadline_s + 1e-6


@settings(max_examples=100, deadline=None)
@given(
    policy=POLICIES,
    schedule=SCHEDULES,
    calls=st.integers(1, 30),
    ratio=st.sampled_from([0.0, 0.2, 0.5]),
    floor=st.sampled_from([0.0, 0.3]),
)
def test_retries_of_all_calls_together_never_exceed_the_budget(
    policy: RetryPolicy, schedule: list[Fault], calls: int, ratio: float, floor: float
) -> None:
    budget = RetryBudgetPolicy(ratio=ratio, floor_per_s=floor, window_s=100)
    all_attempts, _, _ = play(policy, schedule, calls, budget)
    retries = sum(len(attempts.began_s) - 1 for attempts in all_attempts)
    assert retries <= floor * 100 + ratio * calls
