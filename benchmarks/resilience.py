"""The cost of a policy when all goes well, in bare awaits, and next to the fastest peers.

All contestants are called interleaved, up to a thousand times each, in many rounds; a figure is
the median over the rounds of the ratio within a round, so that what else the machine does harms all
alike. Where a process happens to lay its code in memory moves a bare await by a tenth and more. So
this is done in several processes, and the median of theirs is taken.

- `…_over_bare`: what is added to `await f()`, or for a hit the whole call, in bare awaits;
- `…_x_peer`: how many times that is cheaper than with the peer;
- a *miss* finds its entry expired, so that it loads and replaces it; retry without a timer;
- `transport_x_httpx`: a whole request on loopback under a breaker and a retry with its timer, in
  requests of httpx alone: what a user feels.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiobreaker
import cachetools
import circuitbreaker
import httpx
import hyx.circuitbreaker
import hyx.retry
import purgatory
import stamina
import tenacity
from async_lru import alru_cache

from seatrial.resilience import (
    BreakerPolicy,
    Cache,
    CachePolicy,
    CircuitBreaker,
    CircuitOpen,
    ResilientTransport,
    Retry,
    RetryPolicy,
    WindowPolicy,
    compose,
)

GOALS = {
    "cache_hit_x_async_lru": ">= 3",
    "breaker_x_purgatory": ">= 2",
    "retry_x_hyx": ">= 4",
    "transport_x_httpx": "<= 1.05",
}

PROCESSES = 7
ROUNDS = 60
ENTRIES = 10_000
SLOW = 20  # calls of a slow contestant in a round
REQUESTS = 10  # of a whole request


@dataclass(frozen=True)
class Contestant:
    """A call to measure.

    Attributes:
        call: what is awaited.
        keyed: True if it is called with a key.
        batch: calls in a round.
    """

    call: Callable[..., Awaitable[Any]]
    keyed: bool = False
    batch: int = 1_000

    async def round_ns(self) -> float:
        """Nanoseconds for each call, the loop's own included."""
        call, times = self.call, range(self.batch)
        began = time.perf_counter_ns()
        if self.keyed:
            for _ in times:
                await call(7)
        else:
            for _ in times:
                await call()
        return (time.perf_counter_ns() - began) / self.batch


async def bare() -> int:
    """Return at once: what all policies are put around."""
    return 1


async def bare_keyed(key: int) -> int:
    """The same, for caches."""
    return key


def ours() -> dict[str, Contestant]:
    """Our policies, alone and together."""
    untimed = RetryPolicy(attempt_timeout_s=None)
    watching = BreakerPolicy(window=WindowPolicy(size=100, slow_s=1.0))
    expiring: Cache[int, int] = Cache(CachePolicy(ttl_s=1e-9))
    miss = compose(expiring, CircuitBreaker(), Retry(untimed))(bare_keyed)
    return {
        "cache hit": Contestant(compose(Cache())(bare_keyed), keyed=True),
        "breaker": Contestant(compose(CircuitBreaker())(bare)),
        "breaker ring": Contestant(compose(CircuitBreaker(watching))(bare)),
        "retry": Contestant(compose(Retry(untimed))(bare)),
        "retry, timed": Contestant(compose(Retry())(bare), batch=100),
        "miss": Contestant(miss, keyed=True, batch=200),
        "miss, new key": Contestant(new_keys(), batch=200),
        "reject": Contestant(rejecting(), batch=200),
        "reject, no error": Contestant(refusing()),
    }


def new_keys() -> Callable[[], Awaitable[int]]:
    """A miss of a key that was never seen, in a full cache, so that another is pushed out."""
    cache: Cache[int, int] = Cache(CachePolicy(max_entries=100))
    call = compose(cache, CircuitBreaker(), Retry(RetryPolicy(attempt_timeout_s=None)))(bare_keyed)
    numbers = itertools.count()
    return lambda: call(next(numbers))


def rejecting() -> Callable[[], Awaitable[None]]:
    """A call to an open circuit, whose error is caught."""
    breaker = CircuitBreaker()
    breaker.force_open()
    call = compose(breaker)(bare)

    async def rejected() -> None:
        try:
            await call()
        except CircuitOpen:
            return

    return rejected


def refusing() -> Callable[[], Awaitable[None]]:
    """A refusal asked for by hand, which makes no error and no other object."""
    breaker = CircuitBreaker()
    breaker.force_open()

    async def refused() -> None:
        assert breaker.try_acquire() is None

    return refused


async def peer_caches() -> dict[str, Contestant]:
    """async-lru, and cachetools behind a lock, both with a TTL."""
    remembered: MutableMapping[int, int] = cachetools.TTLCache(ENTRIES, 300)
    lock = asyncio.Lock()

    async def locked(key: int) -> int:
        async with lock:
            if (value := remembered.get(key)) is None:
                value = remembered[key] = await bare_keyed(key)
            return value

    return {
        "async-lru": Contestant(alru_cache(maxsize=ENTRIES, ttl=300)(bare_keyed), keyed=True),
        "cachetools, lock": Contestant(locked, keyed=True),
    }


async def peer_policies() -> dict[str, Contestant]:
    """Breakers and retries, as fast as their own ways allow."""
    guard = await purgatory.AsyncCircuitBreakerFactory().get_breaker("bare")
    consecutive = hyx.circuitbreaker.consecutive_breaker(
        exceptions=Exception, failure_threshold=5, recovery_time_secs=60, recovery_threshold=3
    )

    async def guarded() -> int:
        async with guard:
            return await bare()

    return {
        "purgatory": Contestant(guarded),
        "circuitbreaker": Contestant(circuitbreaker.circuit(failure_threshold=5)(bare), batch=200),
        "hyx breaker": Contestant(consecutive(bare), batch=200),
        "aiobreaker": Contestant(aiobreaker.CircuitBreaker()(bare), batch=200),
        "hyx retry": Contestant(hyx.retry.retry(on=Exception, attempts=3)(bare)),
        "stamina": Contestant(stamina.retry(on=ValueError, attempts=3)(bare), batch=SLOW),
        "tenacity": Contestant(
            tenacity.retry(stop=tenacity.stop_after_attempt(3))(bare), batch=SLOW
        ),
    }


@contextmanager
def target() -> Iterator[str]:
    """Yield the URL of a server in a process of its own that costs next to nothing."""
    command = [sys.executable, "-m", "benchmarks._load_target"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["data"]["url"]
        finally:
            server.terminate()


@asynccontextmanager
async def requests(url: str) -> AsyncGenerator[dict[str, Contestant]]:
    """Yield whole requests: of httpx alone, and of httpx on our transport."""
    resilient = ResilientTransport(httpx.AsyncHTTPTransport(), CircuitBreaker(), Retry())
    async with (
        httpx.AsyncClient(trust_env=False) as plain,
        httpx.AsyncClient(trust_env=False, transport=resilient) as ours,
    ):
        yield {
            "httpx": Contestant(partial(plain.get, url), batch=REQUESTS),
            "transport": Contestant(partial(ours.get, url), batch=REQUESTS),
        }


class Rounds:
    """Nanoseconds of every contestant in every round."""

    def __init__(self) -> None:
        self.ns: dict[str, list[float]] = {}

    async def run(self, contestants: dict[str, Contestant]) -> None:
        """Measure all, interleaved; the first round is thrown away."""
        for number in range(ROUNDS + 1):
            for name, contestant in contestants.items():
                taken = await contestant.round_ns()
                if number:
                    self.ns.setdefault(name, []).append(taken)

    def median_ns(self, name: str) -> float:
        """The median of a contestant."""
        return statistics.median(self.ns[name])

    def ratio(self, name: str, to: str) -> float:
        """The whole call of one in calls of the other, round by round."""
        pairs = zip(self.ns[name], self.ns[to], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def added(self, name: str) -> float:
        """Return what one adds to a bare await, in bare awaits."""
        return self.ratio(name, "bare") - 1

    def added_x(self, peer: str, name: str) -> float:
        """Return how many times more a peer adds than one of ours."""
        rounds = zip(self.ns[peer], self.ns[name], self.ns["bare"], strict=True)
        return statistics.median((theirs - none) / (own - none) for theirs, own, none in rounds)


def bytes_an_entry(fill: Callable[[], object]) -> float:
    """Return the memory of each of `ENTRIES` entries, keys and values not counted."""
    gc.collect()
    tracemalloc.start()
    kept = fill()
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return taken / ENTRIES


def fill_ours() -> object:
    """A cache of ours, full."""
    cache: Cache[int, int] = Cache(CachePolicy(max_entries=ENTRIES))
    call = cache.wrap(bare_keyed)

    async def fill() -> None:
        for key in KEYS:
            await call(key)

    asyncio.run(fill())
    return cache


def fill_cachetools() -> object:
    """A cache of cachetools, full."""
    cache: MutableMapping[int, int] = cachetools.TTLCache(ENTRIES, 300)
    for key in KEYS:
        cache[key] = key
    return cache


KEYS = list(range(ENTRIES))


async def measure(url: str) -> Rounds:
    """Measure all contestants, interleaved."""
    caches = await peer_caches()
    contestants = {"bare": Contestant(bare), **ours(), **caches, **await peer_policies()}
    rounds = Rounds()
    gc.collect()
    gc.disable()
    try:
        await rounds.run(contestants)
    finally:
        gc.enable()
        await caches["async-lru"].call.cache_close()  # type: ignore[attr-defined]
    async with requests(url) as whole:
        await rounds.run(whole)
    return rounds


@dataclass(frozen=True)
class Measured:
    """The figures of one process."""

    ns: dict[str, float]
    added: dict[str, float]
    figures: dict[str, float]


def measured() -> Measured:
    """Measure everything in this process."""
    with target() as url:
        rounds = asyncio.run(measure(url))
    figures = {
        "bare_ns": rounds.median_ns("bare"),
        "cache_hit_ns": rounds.median_ns("cache hit"),
        "cache_hit_over_bare": rounds.ratio("cache hit", "bare"),
        "cache_hit_x_async_lru": rounds.ratio("async-lru", "cache hit"),
        "cache_hit_x_cachetools": rounds.ratio("cachetools, lock", "cache hit"),
        "breaker_ns": rounds.added("breaker") * rounds.median_ns("bare"),
        "breaker_over_bare": rounds.added("breaker"),
        "breaker_x_purgatory": rounds.added_x("purgatory", "breaker"),
        "breaker_ring_over_bare": rounds.added("breaker ring"),
        "breaker_ring_x_purgatory": rounds.added_x("purgatory", "breaker ring"),
        "retry_over_bare": rounds.added("retry"),
        "retry_timed_ns": rounds.added("retry, timed") * rounds.median_ns("bare"),
        "retry_x_hyx": rounds.added_x("hyx retry", "retry"),
        "transport_x_httpx": rounds.ratio("transport", "httpx"),
        "miss_over_bare": rounds.added("miss"),
        "reject_ns": rounds.median_ns("reject"),
        "entry_bytes": bytes_an_entry(fill_ours),
    }
    names = list(rounds.ns)
    return Measured(
        ns={name: rounds.median_ns(name) for name in names},
        added={name: rounds.added(name) for name in names},
        figures=figures,
    )


def measured_apart() -> Measured:
    """The same, in a process of its own."""
    program = "import json; from benchmarks.resilience import measured; "
    program += "print(json.dumps(vars(measured())))"
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    return Measured(**json.loads(done.stdout))


def middle(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each value over the processes."""
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def figures() -> dict[str, float]:
    """The figures named in the goals, and those that are only reported."""
    runs = [measured_apart() for _ in range(PROCESSES)]
    added = middle([run.added for run in runs])
    for name, ns in middle([run.ns for run in runs]).items():
        print(f"  {name:<18}{ns:>9,.0f} ns a call {added[name]:>8.2f} bare awaits added")
    print(f"  an entry of cachetools takes {bytes_an_entry(fill_cachetools):.0f} bytes")
    values = middle([run.figures for run in runs])
    for name, goal in GOALS.items():
        print(f"  {name}: {values[name]:.2f}, goal {goal}")
    return {name: round(value, 2) for name, value in values.items()}
