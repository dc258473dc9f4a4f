"""Kills while the callers work, lets all come to rest, and judges."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from seatrial.system import Session
from tests.kill.system import NAMES, System
from tests.kill.verdict import Verdict, judge, look
from tests.kill.work import Acknowledged, Caller

_LONGEST_WAIT_S = 0.25
_CALLERS = 6
_REST_S = 90.0
_OUTBOXES = ("user-service", "marketplace-service", "payments-service")


@dataclass
class Killed:
    """The kills and what came of them; filled in as it goes, so that an early end loses nothing.

    Attributes:
        kills: how often each service was killed.
        acknowledged: what the services answered.
        verdict: on what was found; None where it ended before that.
        took_s: how long it took, seconds.
    """

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    verdict: Verdict | None = None
    took_s: float = 0.0


def run(kills: int, seed: int, planted: Sequence[str] = (), database: str = "sqlite") -> Killed:
    """Kill this often, at moments that the seed chooses, and judge.

    Raises:
        AssertionError: a service didn't come back, or answered what it never may.
    """
    done = Killed()
    run_into(done, kills, seed, planted, database)
    return done


def run_into(
    done: Killed, kills: int, seed: int, planted: Sequence[str] = (), database: str = "sqlite"
) -> None:
    """Do as `run` does, and keep in `done` how far it came."""
    began_s = time.monotonic()
    try:
        with Session() as session:
            system = System(session, planted, database)
            try:
                asyncio.run(_work(system, kills, seed, done))
                asyncio.run(_come_to_rest(system))
                done.verdict = judge(look(system), done.acknowledged)
            finally:
                system.close()
    finally:
        done.took_s = time.monotonic() - began_s


async def _work(system: System, kills: int, seed: int, done: Killed) -> None:
    stop = asyncio.Event()
    callers = [
        Caller(system.urls, f"{seed}-{number}", done.acknowledged) for number in range(_CALLERS)
    ]
    working = [asyncio.create_task(caller.run(stop)) for caller in callers]
    try:
        await _kill(system, kills, random.Random(seed), working, done.kills)
        stop.set()
        async with asyncio.timeout(_REST_S):
            await asyncio.gather(*working)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def _kill(
    system: System,
    kills: int,
    chance: random.Random,
    working: Sequence[asyncio.Task[None]],
    done: Counter[str],
) -> None:
    """Kill one after the other, each after it was up; others may still be on their way."""
    while done.total() < kills:
        await asyncio.sleep(chance.uniform(0.0, _LONGEST_WAIT_S))
        for task in working:
            if task.done():
                task.result()  # it failed, and says why
        name = chance.choice(NAMES)
        await asyncio.to_thread(system.wait_one, name, _REST_S)
        system.kill(name)
        system.start(name)
        done[name] += 1


async def _come_to_rest(system: System) -> None:
    """Wait until nothing waits to be sent, settled or heard of.

    Raises:
        AssertionError: it takes too long.
    """
    system.wait_up(_REST_S)
    until_s = time.monotonic() + _REST_S
    while left := _under_way(system):
        assert time.monotonic() < until_s, f"still under way: {left}"
        await asyncio.sleep(0.05)


def _under_way(system: System) -> str:
    for name in _OUTBOXES:
        if count := system.rows(name, "select count(*) from outbox")[0][0]:
            return f"{count} events of {name}"
    query = "select count(*) from payments where status = 'processing'"
    if count := system.rows("payments-service", query)[0][0]:
        return f"{count} payments"
    return _unheard(system)


def _unheard(system: System) -> str:
    """Deleted companies whose jobs are open; what was lost on its way is never heard of."""
    pending = system.pending_events("user.events", "marketplace-service")
    return f"{pending} events at marketplace-service" if pending else ""
