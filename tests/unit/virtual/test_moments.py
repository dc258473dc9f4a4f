"""Runs that share what comes before the moment at which they differ, and are as if they didn't."""

import asyncio
import os
import random
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from seatrial.simulation import Simulation
from seatrial.virtual import Moments, moments

Moment = Callable[[int], Coroutine[Any, Any, object]]
Order = frozenset[int]
"""At which moments something happens."""


def hits(number: int) -> Callable[[Order], bool]:
    return lambda order: number in order


def run_all(
    tmp_path: Path,
    orders: Sequence[Order],
    happens: Moment,
    passes: Callable[[int], object] = lambda _: None,
) -> list[object]:
    """Run five moments under each order; what's returned is what was seen, or an error's type."""
    simulation = Simulation(seed=1)
    folder = Path(mkdtemp(dir=tmp_path))

    async def standing() -> list[object]:
        async def work() -> object:
            seen: list[object] = []
            for number in range(5):
                await asyncio.sleep(1)
                with (folder / "written").open("a") as file:
                    file.write(str(number))
                passes(number)
                order = run.reached(hits(number))
                if number in order:
                    seen.append((number, await happens(number)))
            seen.append((asyncio.get_running_loop().time(), random.random()))
            return seen, (folder / "written").read_text()

        with Moments[Order](simulation, folder, type) as run:
            return [(await run.run(order, work)).value for order in orders]

    return simulation.run(standing())


def children() -> set[int]:
    text = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    return set(map(int, text.split()))


def test_nobody_stays_once_it_is_over(tmp_path: Path) -> None:
    before = children()
    run_all(tmp_path, ORDERS, draw)
    assert children() == before


async def draw(number: int) -> float:
    await asyncio.sleep(number)
    return random.random()


ORDERS = [frozenset(one) for one in ((3,), (), (1, 3), (3,), (), (0,), (1,), (4,), (0, 1, 2, 3, 4))]


def test_every_run_is_as_if_it_were_alone(tmp_path: Path) -> None:
    together = run_all(tmp_path, ORDERS, draw)
    assert together == [run_all(tmp_path, [order], draw)[0] for order in ORDERS]
    assert together[0] == together[3]
    assert all(isinstance(one, tuple) and one[1] == "01234" for one in together)


def test_what_comes_before_is_done_once(tmp_path: Path) -> None:
    read, write = os.pipe()
    orders = [frozenset({number}) for number in (3, 3, 4, 3)]
    run_all(tmp_path, orders, draw, lambda number: os.write(write, bytes([number])))
    os.close(write)
    # The fourth moment is reached once, and what follows it by each that differs there.
    assert sorted(os.read(read, 100)) == [0, 1, 2, 3, 4, 4, 4, 4]
    os.close(read)


@pytest.mark.parametrize("most", [1, 2])
def test_beyond_the_last_moment_at_which_one_stays_all_runs_begin_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    alone = [run_all(tmp_path, [order], draw)[0] for order in ORDERS]
    monkeypatch.setattr(moments, "_MOST", most)
    assert run_all(tmp_path, ORDERS, draw) == alone


def test_a_run_that_ends_in_an_error_or_without_a_word_ends_no_other(tmp_path: Path) -> None:
    async def end(number: int) -> None:
        if number == 1:
            raise ValueError
        if number == 2:
            os._exit(3)
        if number == 3:
            await asyncio.Event().wait()

    orders = [frozenset({number}) for number in (1, 2, 3, 4, 2)]
    found = run_all(tmp_path, orders, end)
    assert found[0] is ValueError
    assert found[1] is found[4] is None
    assert getattr(found[2], "__name__", "") == "DeadlockError"
    assert isinstance(found[3], tuple)
