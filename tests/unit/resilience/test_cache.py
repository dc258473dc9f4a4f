"""The cache, promise by promise; `test_cache_machine` mixes them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NamedTuple

import pytest

from seatrial.resilience import (
    BreakerPolicy,
    Cache,
    CachePolicy,
    CacheRead,
    CircuitBreaker,
    CircuitOpen,
    CircuitState,
    Event,
    Loaded,
    Lookup,
    Rejected,
    Retry,
    RetryPolicy,
    TrustChanged,
    Unavailable,
    compose,
)
from seatrial.resilience.testing import VirtualTimeLoop, virtual_time


class User(NamedTuple):
    """A value with a version."""

    name: str
    version: int


def version_of(user: User) -> int:
    """The version that a user says itself."""
    return user.version


@pytest.fixture
def loop() -> Iterator[VirtualTimeLoop]:
    """Virtual time."""
    with virtual_time() as virtual:
        yield virtual


def make(loop: VirtualTimeLoop, **policy: Any) -> Cache[str, User]:
    """A cache of users."""
    return Cache(CachePolicy(**policy), version_of=version_of, clock=loop.time)


class Origin:
    """Answers after `takes_s`, and notes who was asked for.

    Args:
        answer: what it answers; an error is raised.
        takes_s: how long it takes.
    """

    def __init__(self, answer: User | Exception | None, takes_s: float = 1.0) -> None:
        self.answer = answer
        self.takes_s = takes_s
        self.asked: list[str] = []

    async def load(self, key: str) -> User | None:
        """One request."""
        self.asked.append(key)
        answer = self.answer
        await asyncio.sleep(self.takes_s)
        if isinstance(answer, Exception):
            raise answer
        return answer


ANN = User("Ann", 1)


def test_a_second_lookup_is_answered_from_memory(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)

    async def scenario() -> None:
        assert await cache.get("a", origin.load) == (ANN, "origin", 1)
        assert await cache.get("a", origin.load) == (ANN, "cache", 1)

    loop.run(scenario())
    assert origin.asked == ["a"]


def test_a_value_is_fresh_for_its_time_from_the_beginning_of_its_load(
    loop: VirtualTimeLoop,
) -> None:
    cache, origin = make(loop, ttl_s=10), Origin(ANN, takes_s=4)

    async def scenario() -> None:
        await cache.get("a", origin.load)
        await asyncio.sleep(5.9)
        assert (await cache.get("a", origin.load)).source == "cache"
        await asyncio.sleep(0.1)
        assert (await cache.get("a", origin.load)).source == "origin"

    loop.run(scenario())


def test_default_options_are_the_designs_and_the_specifications() -> None:
    policy = CachePolicy()
    assert (policy.ttl_s, policy.max_entries) == (300, 10_000)
    assert (policy.negative_ttl_s, policy.stale_if_error_s) == (1, 0)


def test_no_such_thing_is_believed_for_a_second(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(None, takes_s=0)

    async def scenario() -> None:
        assert await cache.get("a", origin.load) == (None, "origin", -1)
        await asyncio.sleep(0.9)
        assert await cache.get("a", origin.load) == (None, "cache", -1)
        await asyncio.sleep(0.1)
        assert (await cache.get("a", origin.load)).source == "origin"

    loop.run(scenario())


def test_no_such_thing_isnt_believed_at_all_where_that_is_zero(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop, negative_ttl_s=0), Origin(None, takes_s=0)

    async def scenario() -> None:
        for _ in range(3):
            assert (await cache.get("a", origin.load)).source == "origin"

    loop.run(scenario())
    assert len(origin.asked) == 3


def test_the_least_recently_used_entry_makes_room(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop, max_entries=3, ttl_s=100), Origin(ANN, takes_s=0)
    call = compose(cache)(origin.load)

    async def scenario() -> None:
        for key in "abc":
            await call(key)
        for key in "cba":
            await call(key)
        await call("d")

    loop.run(scenario())
    assert [key for key in "abcd" if key in cache] == ["a", "b", "d"]
    assert cache.snapshot().evictions == 1


@pytest.mark.parametrize("new", ["wrapped", "get", "put", "drop"])
def test_an_entry_skipped_while_it_loads_is_not_thereby_used(
    loop: VirtualTimeLoop, new: str
) -> None:
    cache: Cache[str, User] = Cache(CachePolicy(max_entries=2), clock=loop.time)
    slow, quick = Origin(ANN, takes_s=1), Origin(ANN, takes_s=0)

    async def scenario() -> None:
        loading = asyncio.create_task(cache.get("old", slow.load))
        await asyncio.sleep(0)
        cache.put("idle", ANN)
        if new in ("put", "drop"):
            getattr(cache, new)("new", *([ANN] if new == "put" else []))
        else:
            await (
                cache.wrap(quick.load)("new") if new == "wrapped" else cache.get("new", quick.load)
            )
        assert "old" in cache  # it is being loaded, and so the idle one made room
        assert "idle" not in cache
        await loading
        cache.put("newer", ANN)

    loop.run(scenario())
    assert [key for key in ("old", "new", "newer") if key in cache] == ["new", "newer"]


@pytest.mark.parametrize("wrapped", [True, False])
def test_reloading_an_expired_entry_uses_it_too(loop: VirtualTimeLoop, wrapped: bool) -> None:
    plain: Cache[str, User] = Cache(CachePolicy(max_entries=2, ttl_s=10), clock=loop.time)
    origin = Origin(ANN, takes_s=0)
    call = plain.wrap(origin.load)

    async def look_up(key: str) -> None:
        await (call(key) if wrapped else plain.get(key, origin.load))

    async def scenario() -> None:
        await look_up("a")
        await look_up("b")
        await asyncio.sleep(11)
        await look_up("a")
        await look_up("c")

    loop.run(scenario())
    assert "a" in plain
    assert "b" not in plain


def test_loads_beyond_the_bound_make_room_when_they_have_ended(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop, max_entries=3), Origin(ANN)

    async def scenario() -> int:
        loads = [asyncio.create_task(cache.get(str(n), origin.load)) for n in range(10)]
        await asyncio.sleep(0.5)
        during = len(cache)
        await asyncio.gather(*loads)
        return during

    assert loop.run(scenario()) == 10
    assert len(cache) == 3


def test_cancelled_loads_beyond_the_bound_leave_no_more_than_it(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop, max_entries=2), Origin(ANN)

    async def scenario() -> None:
        loads = [asyncio.create_task(cache.get(key, origin.load)) for key in "abcd"]
        await asyncio.sleep(0.5)
        for key, load in zip("abcd", loads, strict=True):
            cache.put(key, ANN, 1)
            load.cancel()
        await asyncio.gather(*loads, return_exceptions=True)

    loop.run(scenario())
    assert len(cache) == 2


def test_keys_that_begin_alike_have_an_entry_each(loop: VirtualTimeLoop) -> None:
    cache: Cache[str, User] = Cache(clock=loop.time)
    keys = ["u-1", "u-10", "u-", "", "u-1 ", "U-1", "u-1" * 50, "u-1" * 50 + "x"]

    async def load(key: str) -> User:
        return User(key, 1)

    call = cache.wrap(load)

    async def scenario() -> None:
        for _ in range(2):
            for key in keys:
                assert (await call(key)).name == key
                assert (await cache.get(key, load)).value == User(key, 1)

    loop.run(scenario())
    assert len(cache) == len(keys)


def test_a_value_whose_version_cant_be_read_fails_for_all_who_wait(loop: VirtualTimeLoop) -> None:
    def broken(user: User) -> int:
        raise ValueError(user.name)

    cache: Cache[str, User] = Cache(version_of=broken, clock=loop.time)
    origin = Origin(ANN)

    async def scenario() -> list[Any]:
        lookups = (cache.get("a", origin.load) for _ in range(3))
        return await asyncio.gather(*lookups, return_exceptions=True)

    assert [type(end) for end in loop.run(scenario())] == [ValueError] * 3
    assert "a" not in cache


def test_concurrent_misses_of_one_key_make_one_request(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)

    async def scenario() -> list[Lookup[User]]:
        return await asyncio.gather(*(cache.get("a", origin.load) for _ in range(100)))

    found = loop.run(scenario())
    assert found == [Lookup(ANN, "origin", 1)] * 100
    assert origin.asked == ["a"]
    snapshot = cache.snapshot()
    assert (snapshot.misses, snapshot.joined, snapshot.loads) == (100, 99, 1)


def test_a_failure_reaches_all_waiters_once_and_is_not_cached(loop: VirtualTimeLoop) -> None:
    breaker = CircuitBreaker(clock=loop.time)
    cache, origin = make(loop), Origin(Unavailable())
    load = breaker.wrap(origin.load)

    async def scenario() -> list[Any]:
        lookups = (cache.get("a", load) for _ in range(20))
        return await asyncio.gather(*lookups, return_exceptions=True)

    errors = loop.run(scenario())
    assert {type(error) for error in errors} == {Unavailable}
    assert len({id(error) for error in errors}) == 20
    assert origin.asked == ["a"]
    assert breaker.snapshot().failures == 1
    assert cache.snapshot().load_failures == 1
    assert "a" not in cache
    origin.answer = ANN
    assert loop.run(cache.get("a", origin.load)).value == ANN


def cancelling(
    cache: Cache[str, User], origin: Origin, waiters: int, cancelled: list[int]
) -> Coroutine[Any, Any, list[Any]]:
    """So many lookups, some of which are cancelled while the load is on its way."""

    async def scenario() -> list[Any]:
        tasks = [asyncio.create_task(cache.get("a", origin.load)) for _ in range(waiters)]
        await asyncio.sleep(0.5)
        for index in cancelled:
            tasks[index].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    return scenario()


def test_a_cancelled_waiter_cancels_nobody_else(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)
    ends = loop.run(cancelling(cache, origin, 4, [1, 3]))
    assert [isinstance(end, asyncio.CancelledError) for end in ends] == [False, True, False, True]
    assert ends[0] == ends[2] == Lookup(ANN, "origin", 1)
    assert origin.asked == ["a"]
    assert loop.time() == 1


def test_when_the_one_who_loads_is_cancelled_the_next_one_loads(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)
    ends = loop.run(cancelling(cache, origin, 4, [0]))
    assert ends[1:] == [Lookup(ANN, "origin", 1)] * 3
    assert origin.asked == ["a", "a"]
    assert loop.time() == 1.5
    snapshot = cache.snapshot()
    assert (snapshot.misses, snapshot.joined, snapshot.loads) == (4, 2, 2)


def test_several_cancelled_at_once_hand_over_to_one_who_is_left(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)
    ends = loop.run(cancelling(cache, origin, 4, [0, 1, 2]))
    assert ends[3] == Lookup(ANN, "origin", 1)
    assert origin.asked == ["a", "a"]


def test_one_that_is_cancelled_just_after_taking_over_hands_over_too(
    loop: VirtualTimeLoop,
) -> None:
    cache, origin = make(loop), Origin(ANN)

    async def scenario() -> list[Any]:
        tasks = [asyncio.create_task(cache.get("a", origin.load)) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks[0].cancel()
        await asyncio.sleep(0)  # the load is handed to the second, which hasn't run yet
        tasks[1].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    ends = loop.run(scenario())
    assert ends[2] == Lookup(ANN, "origin", 1)
    assert origin.asked == ["a", "a"]


def test_when_all_are_cancelled_nothing_is_left_behind(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)
    loop.run(cancelling(cache, origin, 3, [0, 1, 2]))
    assert "a" not in cache
    assert len(cache) == 0
    assert loop.run(cache.get("a", origin.load)).source == "origin"


def test_the_request_of_a_cancelled_lookup_is_aborted(loop: VirtualTimeLoop) -> None:
    cache = make(loop)
    aborted = False

    async def load(key: str) -> User | None:
        nonlocal aborted
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            aborted = True
            raise
        return None

    async def scenario() -> None:
        task = asyncio.create_task(cache.get("a", load))
        await asyncio.sleep(1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    loop.run(scenario())
    assert aborted


During = Callable[[Cache[str, User]], object]


def during(
    loop: VirtualTimeLoop, cache: Cache[str, User], origin: Origin, event: During
) -> Lookup[User]:
    """A lookup, while whose load an event arrives."""

    async def scenario() -> Lookup[User]:
        lookup = asyncio.create_task(cache.get("a", origin.load))
        await asyncio.sleep(0.5)
        event(cache)
        return await lookup

    return loop.run(scenario())


@pytest.mark.parametrize(
    ("event", "found"),
    [
        (lambda cache: cache.put("a", User("Anna", 2), 2), (User("Anna", 2), "cache", 2)),
        (lambda cache: cache.put("a", User("An", 0), 0), (ANN, "origin", 1)),
        (lambda cache: cache.drop("a", 2), (None, "cache", 2)),
        (lambda cache: cache.drop("a", 0), (ANN, "origin", 1)),
    ],
    ids=["newer", "older", "deleted", "deleted before"],
)
def test_of_an_event_and_the_answer_it_overtakes_the_newer_wins(
    loop: VirtualTimeLoop, event: During, found: tuple[object, ...]
) -> None:
    cache, origin = make(loop), Origin(ANN)
    assert during(loop, cache, origin, event) == found
    assert loop.run(cache.get("a", origin.load)) == (found[0], "cache", found[2])


@pytest.mark.parametrize("event", ["put", "drop"])
def test_an_answer_without_a_version_loses_against_an_event_meanwhile(
    loop: VirtualTimeLoop, event: str
) -> None:
    cache: Cache[str, User] = Cache(clock=loop.time)
    origin, anna = Origin(ANN), User("Anna", 2)
    act: During = (lambda c: c.put("a", anna)) if event == "put" else (lambda c: c.drop("a"))
    assert during(loop, cache, origin, act).value == (anna if event == "put" else None)


def test_a_load_begun_after_an_event_counts_again(loop: VirtualTimeLoop) -> None:
    cache: Cache[str, User] = Cache(clock=loop.time)
    origin = Origin(ANN)

    async def scenario() -> Lookup[User]:
        first = asyncio.create_task(cache.get("a", origin.load))
        second = asyncio.create_task(cache.get("a", origin.load))
        await asyncio.sleep(0.5)
        cache.put("a", User("Old", 0))
        first.cancel()
        return await second

    assert loop.run(scenario()) == (ANN, "origin", -1)


def test_an_event_stands_in_for_a_load_that_failed(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(Unavailable())
    found = during(loop, cache, origin, lambda cache: cache.put("a", ANN, 1))
    assert found == (ANN, "cache", 1)


def test_a_late_event_doesnt_revive_what_was_deleted(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(None, takes_s=0)
    cache.put("a", ANN, 1)
    assert cache.drop("a", 2)
    assert not cache.put("a", User("Late", 1), 1)
    assert not cache.put("a", User("Same", 2), 2)
    loop.run(asyncio.sleep(5))  # long after "no such" itself is believed
    assert loop.run(cache.get("a", origin.load)) == (None, "origin", 2)
    assert not cache.put("a", User("Late", 1), 1)
    assert not cache.put("a", User("Same", 2), 2)
    assert cache.put("a", User("New", 3), 3)
    assert loop.run(cache.get("a", origin.load)).value == User("New", 3)
    assert cache.snapshot().events_outdated == 4


def test_an_event_without_a_value_is_a_deletion(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(None, takes_s=0)
    cache.put("a", ANN, 1)
    cache.put("a", None, 2)
    assert loop.run(cache.get("a", origin.load)) == (None, "cache", 2)
    loop.run(asyncio.sleep(1))
    assert loop.run(cache.get("a", origin.load)).source == "origin"


def test_an_origin_that_lags_doesnt_revive_what_was_deleted(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN, takes_s=0)
    cache.drop("a", 2)
    loop.run(asyncio.sleep(5))
    assert loop.run(cache.get("a", origin.load)).value is None


def test_a_404_doesnt_forget_which_versions_are_old(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop, ttl_s=100), Origin(User("Ann", 5), takes_s=0)
    loop.run(cache.get("a", origin.load))
    cache.distrust()
    origin.answer = None
    loop.run(cache.get("a", origin.load))
    loop.run(asyncio.sleep(10))
    assert not cache.put("a", User("Old", 4), 4)
    assert cache.put("a", User("Same", 5), 5)


def test_what_came_back_after_a_deletion_may_come_again_after_a_404(
    loop: VirtualTimeLoop,
) -> None:
    cache, origin = make(loop, ttl_s=100), Origin(None, takes_s=0)
    cache.drop("a", 5)
    cache.put("a", User("Back", 6), 6)
    cache.distrust()
    loop.run(cache.get("a", origin.load))
    assert cache.put("a", User("Back", 6), 6)


def test_redelivered_events_change_nothing_but_the_time(loop: VirtualTimeLoop) -> None:
    cache = make(loop, ttl_s=10)
    assert cache.put("a", ANN, 1)
    assert cache.put("a", ANN, 1)
    assert cache.snapshot().events_applied == 2


def test_a_lost_stream_sends_lookups_to_the_origin_until_it_is_caught_up(
    loop: VirtualTimeLoop,
) -> None:
    cache, origin = make(loop), Origin(ANN, takes_s=0)

    async def sources() -> list[str]:
        return [(await cache.get("a", origin.load)).source for _ in range(2)]

    assert loop.run(sources()) == ["origin", "cache"]
    cache.distrust()
    assert not cache.trusted
    assert loop.run(sources()) == ["origin", "origin"]
    cache.trust()
    assert loop.run(sources()) == ["cache", "cache"]


def test_without_stale_if_error_an_expired_value_is_never_served(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN, takes_s=0)
    loop.run(cache.get("a", origin.load))
    cache.distrust()
    origin.answer = Unavailable()
    with pytest.raises(Unavailable):
        loop.run(cache.get("a", origin.load))


def test_with_stale_if_error_an_old_value_is_served_for_a_bounded_time(
    loop: VirtualTimeLoop,
) -> None:
    cache, origin = make(loop, ttl_s=10, stale_if_error_s=5), Origin(ANN, takes_s=0)
    loop.run(cache.get("a", origin.load))
    origin.answer = Unavailable()
    loop.run(asyncio.sleep(14.9))
    assert loop.run(cache.get("a", origin.load)) == (ANN, "stale", 1)
    assert cache.snapshot().stale == 1
    loop.run(asyncio.sleep(0.1))
    with pytest.raises(Unavailable):
        loop.run(cache.get("a", origin.load))


def test_a_lost_stream_and_a_failing_origin_give_a_stale_answer(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop, stale_if_error_s=5), Origin(ANN)
    loop.run(cache.get("a", origin.load))
    cache.distrust()
    origin.answer = Unavailable()

    async def scenario() -> list[Lookup[User]]:
        return await asyncio.gather(*(cache.get("a", origin.load) for _ in range(3)))

    assert loop.run(scenario()) == [Lookup(ANN, "stale", 1)] * 3
    assert cache.snapshot().stale == 3


def test_a_rejection_is_an_answer_and_never_hidden_by_a_stale_value(
    loop: VirtualTimeLoop,
) -> None:
    cache, origin = make(loop, ttl_s=1, stale_if_error_s=60), Origin(ANN, takes_s=0)
    loop.run(cache.get("a", origin.load))
    loop.run(asyncio.sleep(2))
    origin.answer = Rejected(status=403)
    with pytest.raises(Rejected):
        loop.run(cache.get("a", origin.load))


def composed(
    loop: VirtualTimeLoop, origin: Origin, **cache: Any
) -> tuple[Callable[[str], Awaitable[User | None]], CircuitBreaker]:
    """Cache, breaker and retry around an origin, and the breaker."""
    breaker = CircuitBreaker(BreakerPolicy(failures=1), clock=loop.time)
    retry = Retry(RetryPolicy(attempts=1), clock=loop.time)
    users: Cache[str, User] = Cache(CachePolicy(**cache), clock=loop.time)
    return compose(users, breaker, retry)(origin.load), breaker


def test_fresh_entries_are_served_whatever_the_breakers_state(loop: VirtualTimeLoop) -> None:
    origin = Origin(ANN, takes_s=0)
    call, breaker = composed(loop, origin)

    async def scenario() -> None:
        assert await call("a") == ANN
        breaker.force_open()
        assert await call("a") == ANN
        with pytest.raises(CircuitOpen):
            await call("b")

    loop.run(scenario())


def test_while_the_breaker_is_open_an_expired_entry_may_be_served_stale(
    loop: VirtualTimeLoop,
) -> None:
    origin = Origin(ANN, takes_s=0)
    call, breaker = composed(loop, origin, ttl_s=1, stale_if_error_s=5)

    async def scenario() -> None:
        await call("a")
        await asyncio.sleep(2)
        breaker.force_open()
        assert await call("a") == ANN

    loop.run(scenario())
    assert origin.asked == ["a"]


def test_twenty_waiters_of_a_failed_load_trip_nothing(loop: VirtualTimeLoop) -> None:
    origin = Origin(Unavailable())
    users: Cache[str, User] = Cache(clock=loop.time)
    breaker = CircuitBreaker(BreakerPolicy(failures=2), clock=loop.time)
    call = compose(users, breaker)(origin.load)

    async def scenario() -> list[Any]:
        return await asyncio.gather(*(call("a") for _ in range(20)), return_exceptions=True)

    assert {type(end) for end in loop.run(scenario())} == {Unavailable}
    assert origin.asked == ["a"]
    assert breaker.snapshot().state is CircuitState.CLOSED


def test_a_wrapped_call_of_several_arguments_keys_on_all_of_them(loop: VirtualTimeLoop) -> None:
    asked: list[tuple[str, int]] = []

    async def jobs(company: str, limit: int = 20) -> tuple[str, int]:
        asked.append((company, limit))
        return company, limit

    call = compose(Cache(clock=loop.time))(jobs)

    async def scenario() -> None:
        assert await call("x") == ("x", 20)
        assert await call("x", 20) == ("x", 20)
        assert await call(company="x", limit=5) == ("x", 5)

    loop.run(scenario())
    assert asked == [("x", 20), ("x", 5)]


def test_the_only_argument_is_the_key_though_it_has_a_default(loop: VirtualTimeLoop) -> None:
    cache: Cache[str, str] = Cache(clock=loop.time)

    async def shout(word: str = "nothing") -> str:
        return word.upper()

    call = cache.wrap(shout)

    async def scenario() -> list[str]:
        cache.put("nothing", "from an event")
        return [await call(), await call("nobody"), await call(word="nobodies")]

    assert loop.run(scenario()) == ["from an event", "NOBODY", "NOBODIES"]


def test_what_is_forgotten_while_it_loads_is_answered_but_not_kept(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN)
    assert during(loop, cache, origin, lambda cache: cache.clear()).value == ANN
    assert "a" not in cache


def test_reads_loads_and_trust_are_emitted(loop: VirtualTimeLoop) -> None:
    cache: Cache[str, User] = Cache(
        CachePolicy(), version_of=version_of, name="users", clock=loop.time, emit_hits=True
    )
    heard: list[Event] = []
    cache.listen(heard.append)
    call = cache.wrap(Origin(ANN).load)

    async def scenario() -> None:
        await call("a")
        await call("a")
        await cache.get("a", call)

    loop.run(scenario())
    cache.distrust()
    cache.distrust()
    assert heard == [
        Loaded("users", "a", 1.0, None),
        CacheRead("users", "a", "origin", absent=False),
        CacheRead("users", "a", "cache", absent=False),
        CacheRead("users", "a", "cache", absent=False),
        TrustChanged("users", trusted=False),
    ]


def test_hits_are_counted_but_not_emitted_unless_one_asks_for_it(loop: VirtualTimeLoop) -> None:
    cache, origin = make(loop), Origin(ANN, takes_s=0)
    heard: list[Event] = []
    cache.listen(heard.append)

    async def scenario() -> None:
        await cache.get("a", origin.load)
        await cache.get("a", origin.load)
        await cache.wrap(origin.load)("a")

    loop.run(scenario())
    assert cache.snapshot().hits == 2
    assert [event.source for event in heard if isinstance(event, CacheRead)] == ["origin"]
