"""Kills while the callers work, lets all come to rest, and judges."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from seatrial.system import Session
from tests.kill.system import NAMES, System
from tests.kill.verdict import Verdict, judge, look
from tests.kill.work import Caller, ScenarioRun

_LONGEST_WAIT_S = 0.25
_CALLERS = 6
_REST_S = 90.0
_OUTBOXES = ("user-service", "marketplace-service", "payments-service")


@dataclass(frozen=True)
class Killed:
    """What was done, and what came of it."""

    kills: Counter[str]
    told: ScenarioRun
    verdict: Verdict
    took_s: float


def run(kills: int, seed: int, planted: Sequence[str] = ()) -> Killed:
    """Kill so often, at moments that the seed chooses."""
    began_s = time.monotonic()
    with Session() as session:
        system = System(session, planted)
        try:
            done, told = asyncio.run(_work(system, kills, seed))
            asyncio.run(_come_to_rest(system))
            verdict = judge(look(system), told)
        finally:
            system.close()
    return Killed(done, told, verdict, time.monotonic() - began_s)


async def _work(system: System, kills: int, seed: int) -> tuple[Counter[str], ScenarioRun]:
    told, stop = ScenarioRun(), asyncio.Event()
    callers = [Caller(system.urls, f"{seed}-{number}", told) for number in range(_CALLERS)]
    working = [asyncio.create_task(caller.run(stop)) for caller in callers]
    try:
        done = await _kill(system, kills, random.Random(seed), working)
        stop.set()
        async with asyncio.timeout(_REST_S):
            await asyncio.gather(*working)
    finally:
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)
    return done, told


async def _kill(
    system: System, kills: int, chance: random.Random, working: Sequence[asyncio.Task[None]]
) -> Counter[str]:
    """Kill one after the other, each after it was up; others may still be on their way."""
    done: Counter[str] = Counter()
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
    return done


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
