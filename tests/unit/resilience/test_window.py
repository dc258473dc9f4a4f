"""The second trip rule: the share of bad calls in a window, slow ones counted while they run."""

import asyncio
from collections import deque

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from seatrial.resilience import BreakerPolicy, CircuitBreaker, CircuitState, WindowPolicy
from seatrial.resilience._window import WindowedClosedState
from seatrial.resilience.breaker import Permit
from seatrial.resilience.errors import Unavailable
from seatrial.resilience.testing import FakeClock, virtual_time


def watched(**window: object) -> tuple[CircuitBreaker, FakeClock]:
    """A breaker that only its window can trip."""
    clock = FakeClock()
    policy = BreakerPolicy(failures=1000, window=WindowPolicy(**window))  # type: ignore[arg-type]
    return CircuitBreaker(policy, clock=clock), clock


def test_half_of_the_calls_being_bad_trips_once_enough_were_seen() -> None:
    breaker, _ = watched(size=10, min_calls=6, ratio=0.5)
    for _ in range(3):
        breaker.acquire().success()
    for _ in range(2):
        breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.CLOSED
    breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.OPEN


def test_old_results_leave_the_window() -> None:
    breaker, _ = watched(size=4, min_calls=4, ratio=0.75)
    outcomes = "ffssff"  # never three bad ones among four
    for outcome in outcomes:
        permit = breaker.acquire()
        permit.failure() if outcome == "f" else permit.success()
    assert breaker.snapshot().state is CircuitState.CLOSED
    breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.OPEN


def test_failures_in_a_row_still_trip() -> None:
    policy = BreakerPolicy(failures=3, window=WindowPolicy(size=100, min_calls=100))
    breaker = CircuitBreaker(policy)
    for _ in range(3):
        breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.OPEN


def test_slow_calls_trip_while_they_are_still_running() -> None:
    breaker, clock = watched(size=4, min_calls=4, slow_s=2)
    running = [breaker.acquire() for _ in range(4)]
    clock.advance(1.9)
    assert breaker.snapshot().state is CircuitState.CLOSED
    clock.advance(0.2)
    assert breaker.snapshot().state is CircuitState.OPEN
    assert breaker.snapshot().retry_after_s == pytest.approx(59.9)  # open since 2.0
    for permit in running:
        permit.success()
    assert breaker.snapshot().stale == 4


def test_a_slow_call_that_ends_well_counts_once_and_as_bad() -> None:
    breaker, clock = watched(size=4, min_calls=2, ratio=1.0, slow_s=2)
    slow = breaker.acquire()
    clock.advance(3)
    slow.success()
    assert breaker.snapshot().state is CircuitState.CLOSED
    breaker.acquire().failure()
    assert breaker.snapshot().state is CircuitState.OPEN


def test_a_cancelled_call_leaves_no_mark_unless_it_was_slow_before() -> None:
    breaker, clock = watched(size=4, min_calls=1, ratio=1.0, slow_s=2)
    quick = breaker.acquire()
    clock.advance(1)
    quick.cancel()
    clock.advance(5)
    assert breaker.snapshot().state is CircuitState.CLOSED
    slow = breaker.acquire()
    clock.advance(2)
    slow.cancel()
    assert breaker.snapshot().state is CircuitState.OPEN


def test_wrapped_slow_calls_are_seen_by_the_next_call() -> None:
    with virtual_time() as loop:
        policy = BreakerPolicy(window=WindowPolicy(size=3, min_calls=3, slow_s=1))
        breaker = CircuitBreaker(policy, clock=loop.time)
        call = breaker.wrap(asyncio.sleep)

        async def scenario() -> CircuitState:
            calls = [asyncio.create_task(call(9)) for _ in range(3)]
            await asyncio.sleep(1.5)
            state = breaker.state
            await asyncio.gather(*calls)
            return state

        assert loop.run(scenario()) is CircuitState.OPEN


async def test_the_wrapped_call_marks_the_window_as_a_permit_does() -> None:
    for outcomes in ("sssf", "ssssf", "fsss", "sssssf"):
        by_permit, _ = watched(size=5, min_calls=4, ratio=0.25)
        by_call, _ = watched(size=5, min_calls=4, ratio=0.25)

        async def send(outcome: str) -> None:
            if outcome == "f":
                raise Unavailable

        call = by_call.wrap(send)
        for outcome in outcomes:
            permit = by_permit.acquire()
            permit.failure() if outcome == "f" else permit.success()
            await asyncio.gather(call(outcome), return_exceptions=True)
            assert by_call.snapshot() == by_permit.snapshot()


async def test_a_wrapped_call_that_has_ended_never_becomes_slow() -> None:
    breaker, clock = watched(size=4, min_calls=1, ratio=0.5, slow_s=2)
    await breaker.wrap(asyncio.sleep)(0)
    clock.advance(10)
    assert breaker.snapshot().state is CircuitState.CLOSED


def test_a_success_ends_the_row_of_failures_in_a_window_too() -> None:
    policy = BreakerPolicy(failures=3, window=WindowPolicy(size=100, min_calls=100))
    breaker = CircuitBreaker(policy)
    for outcome in "ffsff":
        permit = breaker.acquire()
        permit.failure() if outcome == "f" else permit.success()
    assert breaker.snapshot().state is CircuitState.CLOSED
    assert breaker.snapshot().failures == 2


async def test_a_wrapped_success_ends_the_row_though_the_ring_holds_nothing_bad() -> None:
    breaker, clock = watched(size=1, min_calls=1, ratio=1.0, slow_s=2)
    slow = breaker.acquire()
    breaker.current.running.clear()  # type: ignore[attr-defined]
    slow.failure()  # counted before, and pushed out of the ring since
    assert breaker.snapshot().failures == 1
    await breaker.wrap(asyncio.sleep)(0)
    assert breaker.snapshot().failures == 0
    assert clock() == 0


class WindowMachine(RuleBasedStateMachine):
    """The real window next to one that recounts a list of results at every step."""

    size, min_calls, ratio, slow_s, failures = 4, 3, 0.6, 3.0, 3
    running = Bundle("running")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        window = WindowPolicy(
            size=self.size, min_calls=self.min_calls, ratio=self.ratio, slow_s=self.slow_s
        )
        policy = BreakerPolicy(failures=self.failures, open_s=1e6, window=window)
        self.breaker = CircuitBreaker(policy, clock=self.clock)
        self.began: dict[Permit, float] = {}
        self.results: deque[bool] = deque(maxlen=self.size)
        self.row = 0
        self.open_since: float | None = None

    def mark(self, *, bad: bool, at_s: float) -> None:
        """Add a result to the list, and count it all again."""
        self.results.append(bad)
        if bad and self.is_too_bad():
            self.open_since = at_s

    def is_too_bad(self) -> bool:
        """Return True if the share of bad ones is too large."""
        enough = len(self.results) >= self.min_calls
        return enough and sum(self.results) >= self.ratio * len(self.results)

    def pass_time(self) -> None:
        """Count what became slow by now, in its order."""
        for permit, began in sorted(self.began.items(), key=lambda call: call[1]):
            if self.open_since is None and began + self.slow_s <= self.clock():
                del self.began[permit]
                self.mark(bad=True, at_s=began + self.slow_s)

    @rule(target=running)
    def start(self) -> Permit | None:
        """A call begins."""
        self.pass_time()
        permit = self.breaker.try_acquire()
        assert (permit is None) == (self.open_since is not None)
        if permit is not None:
            self.began[permit] = self.clock()
        return permit

    @rule(permit=consumes(running), vote=st.sampled_from(["success", "failure", "cancel"]))
    def end(self, permit: Permit | None, vote: str) -> None:
        """A call ends."""
        if permit is None:
            return
        self.pass_time()
        getattr(permit, vote)()
        if self.open_since is not None:
            return
        counts = self.began.pop(permit, None) is not None and vote != "cancel"
        if vote != "cancel":
            self.row = self.row + 1 if vote == "failure" else 0
        if counts:
            self.mark(bad=vote == "failure", at_s=self.clock())
        elif vote == "failure" and self.is_too_bad():
            self.open_since = self.clock()
        if self.row >= self.failures and self.open_since is None:
            self.open_since = self.clock()

    @rule(seconds=st.sampled_from([0.5, 1.0, 2.0, 4.0]))
    def wait(self, seconds: float) -> None:
        """Nobody looks meanwhile."""
        self.clock.advance(seconds)

    @rule()
    def look(self) -> None:
        """Somebody looks; it must be as it was due to be."""
        self.pass_time()
        snapshot = self.breaker.snapshot()
        assert (snapshot.state is CircuitState.OPEN) == (self.open_since is not None)
        if self.open_since is not None:
            left = self.open_since + 1e6 - self.clock()
            assert snapshot.retry_after_s == pytest.approx(left)

    @invariant()
    def the_ring_adds_up(self) -> None:
        """The count of bad ones is the ring's sum."""
        state = self.breaker.current
        if isinstance(state, WindowedClosedState):
            assert state.bad == sum(state.ring)


TestWindow = WindowMachine.TestCase
TestWindow.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
