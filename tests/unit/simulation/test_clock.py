"""The virtual clock: what sees it, and who doesn't."""

import asyncio
import random
import subprocess
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from seatrial.simulation import Simulation, SimulationError, install, uninstall

DAY_S = 24 * 3600


def test_waiting_moves_all_clocks_alike(sim: Simulation) -> None:
    def clocks() -> list[float]:
        return [
            time.monotonic(),
            time.perf_counter(),
            time.time(),
            time.monotonic_ns() / 1e9,
            time.perf_counter_ns() / 1e9,
            time.time_ns() / 1e9,
            asyncio.get_running_loop().time(),
            time.mktime(time.localtime()),
        ]

    async def main() -> list[float]:
        before = clocks()
        await asyncio.sleep(DAY_S)
        return [b - a for a, b in zip(before, clocks(), strict=True)]

    assert sim.run(main()) == pytest.approx([DAY_S] * 8)
    assert sim.elapsed_s == DAY_S


def test_the_first_wall_time_can_be_chosen() -> None:
    async def main() -> float:
        return time.time()

    assert Simulation(epoch_s=1_000).run(main()) == 1_000
    assert Simulation().run(main()) == 1_767_225_600


def test_many_short_waits_add_up_exactly(sim: Simulation) -> None:
    async def main() -> None:
        for _ in range(1000):
            await asyncio.sleep(0.1)

    sim.run(main())
    assert sim.elapsed_s == 100


def test_a_deadline_less_than_a_nanosecond_away_is_reached() -> None:
    """AnyIO's timeouts compare the clock with their deadline, and ask again if it is early."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        for n in range(1, 1000):
            deadline_s = loop.time() + 1 / (7 * n)
            while loop.time() < deadline_s:  # noqa: ASYNC110 - as AnyIO does
                await asyncio.sleep(deadline_s - loop.time())

    Simulation(wall_limit_s=10).run(main())


def test_timeouts_end_when_they_should(sim: Simulation) -> None:
    async def main() -> None:
        began_s = time.monotonic()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await asyncio.sleep(61)
        assert time.monotonic() - began_s == 60

    sim.run(main())


def test_the_real_clock_is_back_afterwards(sim: Simulation) -> None:
    real = time.monotonic, time.time, time.sleep, time.perf_counter, threading.Thread.start
    with sim:
        assert time.monotonic is not real[0]
    assert (time.monotonic, time.time, time.sleep, time.perf_counter) == real[:4]
    assert threading.Thread.start is real[4]


def test_another_thread_keeps_the_real_clock(sim: Simulation) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()  # its thread starts now
        with sim:
            here_s, there_s = time.time(), pool.submit(time.time).result()
    assert here_s == 1_767_225_600
    assert there_s != here_s


def test_clocks_that_were_bound_early_follow_once_installed(sim: Simulation) -> None:
    """A default argument keeps the function that it was made with."""
    install()
    try:

        def age_s(since_s: float, clock: object = time.monotonic) -> float:
            assert callable(clock)
            return float(clock()) - since_s

        assert age_s(time.monotonic()) < 10

        async def main() -> float:
            since_s = time.monotonic()
            await asyncio.sleep(DAY_S)
            return age_s(since_s)

        assert sim.run(main()) == DAY_S
    finally:
        uninstall()


def test_a_sleep_that_blocks_makes_timers_late(sim: Simulation) -> None:
    async def main() -> list[float]:
        fired_s: list[float] = []
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        loop.call_later(1, lambda: fired_s.append(loop.time() - began_s))
        time.sleep(5)  # noqa: ASYNC251 - it is what is tested
        await asyncio.sleep(0.001)
        return fired_s

    assert sim.run(main()) == [5.0]


def test_a_loop_factory_makes_time_virtual_while_it_runs(sim: Simulation) -> None:
    async def main() -> float:
        began_s = time.monotonic()
        await asyncio.sleep(DAY_S)
        return time.monotonic() - began_s

    with asyncio.Runner(loop_factory=sim.new_event_loop) as runner:
        assert runner.run(main()) == DAY_S


def test_a_simulation_inside_another_one_is_an_error(sim: Simulation) -> None:
    with sim, pytest.raises(SimulationError, match="inside another"), Simulation():
        pass


def test_chance_depends_on_the_seed_alone() -> None:
    def drawn(seed: int) -> tuple[float, uuid.UUID]:
        async def main() -> tuple[float, uuid.UUID]:
            return random.random(), uuid.uuid4()

        return Simulation(seed=seed).run(main())

    assert drawn(1) == drawn(1)
    assert drawn(1)[0] != drawn(2)[0]
    assert drawn(1)[1] != drawn(2)[1]


def test_the_callers_own_chance_is_as_it_was(sim: Simulation) -> None:
    random.seed(7)
    expected = random.Random(7).random()
    with sim:
        random.random()
    assert random.random() == expected


def test_load_imports_an_application_under_the_virtual_clock(
    sim: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shop_in_sim.py").write_text(
        "import time\n"
        "class Shop:\n"
        "    def __init__(self, clock=time.monotonic): self.clock = clock\n"
        "shop = Shop()\n"
        "def create(): return Shop()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    shop = sim.load("shop_in_sim:shop")
    assert type(sim.load("shop_in_sim:create", factory=True)) is type(shop)

    async def main() -> float:
        began_s = shop.clock()
        await asyncio.sleep(DAY_S)
        return float(shop.clock() - began_s)

    assert sim.run(main()) == DAY_S


@pytest.mark.parametrize("target", ["json", "json:", ":dumps", "json:nothing"])
def test_load_says_what_is_wrong_with_a_target(sim: Simulation, target: str) -> None:
    with pytest.raises(SimulationError, match=r"json|dumps"):
        sim.load(target)


def test_importing_the_package_replaces_nothing() -> None:
    script = (
        "import time; real = time.monotonic; import seatrial.simulation; "
        "assert time.monotonic is real; import sys; assert 'uvicorn' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
