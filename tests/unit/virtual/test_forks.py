"""Runs in forks of a simulation: all begin at one moment, and none leaves anything behind."""

import asyncio
import importlib
import os
import random
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from seatrial.simulation import DeadlockError, Simulation, WallClockError
from seatrial.virtual import Forks

T = TypeVar("T")
Run = Callable[[Callable[[], Coroutine[Any, Any, object]]], Awaitable[object]]


def in_forks(
    folder: Path, main: Callable[[Run], Coroutine[Any, Any, T]], *, wall_limit_s: float = 60.0
) -> T:
    """Run a coroutine that is given what runs another one in a fork."""
    simulation = Simulation(seed=1, wall_limit_s=wall_limit_s)

    async def standing() -> T:
        with Forks(simulation, folder) as forks:

            async def run(work: Callable[[], Coroutine[Any, Any, object]]) -> object:
                return (await forks.run(work, lambda error: type(error))).value

            return await main(run)

    return simulation.run(standing())


async def sleep_and_draw() -> tuple[float, float]:
    await asyncio.sleep(60)
    return asyncio.get_running_loop().time(), random.random()


def test_every_fork_begins_at_the_same_moment_with_the_same_chance(tmp_path: Path) -> None:
    async def main(run: Run) -> list[object]:
        return [await run(sleep_and_draw), await run(sleep_and_draw), await sleep_and_draw()]

    first, again, here = in_forks(tmp_path, main)
    assert first == again == here


def test_what_a_fork_writes_is_put_back(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("before")

    async def change() -> str:
        (tmp_path / "kept").write_text("and what was added")
        (tmp_path / "new").touch()
        return (tmp_path / "kept").read_text()

    async def main(run: Run) -> object:
        return await run(change)

    assert in_forks(tmp_path, main) == "and what was added"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text() == "before"


def test_what_forks_import_is_imported_once_where_no_environment_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("colorsys", "reads_its_environment")
    monkeypatch.syspath_prepend(tmp_path / "site-packages")
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "site-packages" / f"{names[1]}.py").touch()
    monkeypatch.delitem(sys.modules, names[0], raising=False)

    async def load() -> list[str]:
        found = [one for one in names if one in sys.modules]
        for one in names:
            importlib.import_module(one)
        return found

    async def main(run: Run) -> list[object]:
        return [await run(load), await run(load)]

    assert in_forks(tmp_path, main) == [[], ["colorsys"]]


def test_what_a_fork_ended_in_is_returned(tmp_path: Path) -> None:
    async def fail() -> None:
        raise ValueError

    async def wait_for_nothing() -> None:
        await asyncio.Event().wait()

    async def die() -> None:
        os._exit(3)

    async def main(run: Run) -> list[object]:
        return [await run(work) for work in (fail, wait_for_nothing, die, sleep_and_draw)]

    found = in_forks(tmp_path, main)
    assert found[:3] == [ValueError, DeadlockError, None]
    assert isinstance(found[3], tuple)


def test_a_fork_that_repeats_without_end_is_ended(tmp_path: Path) -> None:
    async def repeat() -> None:
        while True:  # noqa: ASYNC110 - that is the point
            await asyncio.sleep(1)

    async def main(run: Run) -> list[object]:
        return [await run(repeat), await run(sleep_and_draw), await sleep_and_draw()]

    found = in_forks(tmp_path, main, wall_limit_s=0.5)
    assert found[0] is WallClockError
    assert found[1] == found[2]
