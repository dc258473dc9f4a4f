"""The same seed is the same run, byte for byte."""

import asyncio
import os
import random
import subprocess
import sys

from seatrial.simulation import Simulation
from tests.unit.simulation.traced import trace


def in_another_process(seed: int, hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.simulation.traced", str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.splitlines()


def test_the_same_seed_has_the_same_trace_twice_and_in_other_processes() -> None:
    first = trace(3)
    assert len(first) > 100
    assert any("'reset'" in line for line in first)
    assert trace(3) == first
    assert in_another_process(3, "1") == first
    assert in_another_process(3, "2") == first


def test_another_seed_has_another_trace() -> None:
    assert trace(4) != trace(3)


def test_a_set_of_tasks_or_futures_has_the_same_order_whatever_their_addresses() -> None:
    async def main() -> tuple[list[str], list[int]]:
        loop = asyncio.get_running_loop()
        held = [bytearray(random.SystemRandom().randrange(2000)) for _ in range(200)]
        tasks, futures = [], {}
        for n in range(50):
            held.pop(random.SystemRandom().randrange(len(held)))
            tasks.append(asyncio.create_task(asyncio.sleep(0)))
            futures[loop.create_future()] = n
        done, _ = await asyncio.wait(tasks)
        return [task.get_name() for task in done], [futures[one] for one in set(futures)]

    orders = [Simulation().run(main()) for _ in range(5)]
    assert orders == [orders[0]] * 5
