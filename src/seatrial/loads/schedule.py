"""The schedule of arrivals: seeded, and independent of answers."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from seatrial.loads.plan import LoadPlan, Phase


@dataclass(frozen=True)
class Due:
    """One arrival: when it is to be sent, seconds after the run's start, and in which phase."""

    at_s: float
    phase: str
    hot_keys: int = 0
    """See `Phase`."""


def constant(rate_per_s: float, *, offset: float = 0.0) -> Iterator[float]:
    """Evenly spaced times, seconds; `offset` shifts them by a share of the interval, 0 to 1."""
    for number in itertools.count():
        yield (number + offset) / rate_per_s


def poisson(rate_per_s: float, rng: random.Random) -> Iterator[float]:
    """Yield times with independent exponential gaps, seconds: nobody waits for anybody."""
    at_s = 0.0
    while True:
        at_s += rng.expovariate(rate_per_s)
        yield at_s


def schedule(plan: LoadPlan, *, shard: int = 0, shards: int = 1) -> Iterator[Due]:
    """Yield the arrivals of one process, in order; a phase with users has none to be planned.

    The shards of a Poisson source are Poisson sources of their own; those of a constant one
    interleave, so that all of them together are evenly spaced again.

    Args:
        plan: what is sent in all.
        shard: which process this is, from 0.
        shards: how many processes send.
    """
    rng = random.Random(f"{plan.seed}/arrivals/{shard}")  # noqa: S311 - repeatable, not secret
    limit = plan.max_arrivals // shards + (shard < plan.max_arrivals % shards)
    return itertools.islice(_phases(plan, rng, shard, shards), limit)


def planned(plan: LoadPlan, shards: int = 1) -> int:
    """Count the arrivals that all processes together shall send."""
    return sum(
        sum(1 for _ in schedule(plan, shard=shard, shards=shards)) for shard in range(shards)
    )


def kinds(plan: LoadPlan, *, shard: int = 0) -> Iterator[str]:
    """Yield what the arrivals of one process do, one after the other, by the plan's mix."""
    names = [name for name, _ in plan.mix]
    sums = list(itertools.accumulate(weight for _, weight in plan.mix))
    rng = random.Random(f"{plan.seed}/kinds/{shard}")  # noqa: S311 - repeatable, not secret
    while True:
        yield names[0] if len(names) == 1 else rng.choices(names, cum_weights=sums)[0]


def _phases(plan: LoadPlan, rng: random.Random, shard: int, shards: int) -> Iterator[Due]:
    start_s = 0.0
    for phase in plan.phases:
        for at_s in () if phase.users else _times(plan, phase, rng, shard, shards):
            if at_s >= phase.duration_s:
                break
            yield Due(start_s + at_s, phase.name, phase.hot_keys)
        start_s += phase.duration_s


def _times(
    plan: LoadPlan, phase: Phase, rng: random.Random, shard: int, shards: int
) -> Iterator[float]:
    rate_per_s = phase.rate_per_s / shards
    if plan.arrivals == "constant":
        return constant(rate_per_s, offset=shard / shards)
    return poisson(rate_per_s, rng)
