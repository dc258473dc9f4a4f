"""Whose a proxy is, by its name."""

import os
import time
from pathlib import Path

import pytest

from seatrial.faults.orphans import Run, maker, own_name, place, this_run

HERE = "0123abcd"
DAY_S = 24 * 3600


def test_name_tells_its_maker() -> None:
    run = this_run()
    assert maker(run.prefix + "edge-with-dashes") == run
    assert (run.pid, run.place) == (os.getpid(), place())


@pytest.mark.parametrize(
    "name",
    ["", "shop", "seatrial", "seatrial-shop", "seatrial-0123abcd-12-x-edge",
     "my-seatrial-0123abcd-1-2-e",
     "seatrial-0123abcd-1-2", "seatrial-0123ABCD-1-2-e", "seatrial-0123abcd-99999999999-2-e"],
)  # fmt: skip
def test_other_names_are_nobodys(name: str) -> None:
    assert maker(name) is None


def test_run_of_this_process_is_not_over() -> None:
    assert not this_run().is_over(place(), time.time())


def test_run_of_an_ended_process_is_over_here_only() -> None:
    now = time.time()
    ended = Run(HERE, 2**31 - 2, int(now) - 10)
    assert ended.is_over(HERE, now)
    assert not ended.is_over("another0", now)


def test_run_is_over_after_a_day_wherever_it_was() -> None:
    now = time.time()
    assert Run("another0", 1, int(now) - DAY_S - 10).is_over(HERE, now)
    assert not Run("another0", 1, int(now) - DAY_S + 10).is_over(HERE, now)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_process_that_began_later_is_another_with_the_same_id() -> None:
    now = time.time()
    assert Run(place(), os.getpid(), int(now) - DAY_S // 2).is_over(place(), now)


def test_own_name_is_the_same_in_every_run() -> None:
    runs = [Run("00000000", 1, 2), Run("ffffffff", 3, 4)]
    assert {own_name(f"{run.prefix}seatrial-edge-1") for run in runs} == {"seatrial-edge-1"}
    assert own_name("shop") == "shop"
