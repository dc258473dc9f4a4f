"""Searches on real processes, some of which are killed."""

import os
import signal
import time
from concurrent.futures import wait
from math import inf
from pathlib import Path

import pytest

from seatrial.explore import Observation, Outcome, Plan, ProcessWorkers, Search, explore
from seatrial.explore import search as search_module
from seatrial.explore.kinds import delays
from tests.exploration.driving import search_of
from tests.exploration.known import MAILCHIMP
from tests.exploration.workers import StartBroken, StartStuck, StartToy

HERE = search_of(MAILCHIMP, 2)


@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_workers_finds_the_same(count: int, tmp_path: Path) -> None:
    workers, search = ProcessWorkers(count), Search(MAILCHIMP.name, 2)
    try:
        explore(search, StartToy(MAILCHIMP.name, tmp_path), workers)
    finally:
        workers.close()
    search.finish()
    assert search.failures == HERE.failures
    assert search.coverage == HERE.coverage


def test_what_takes_long_is_begun_first_unless_the_time_may_end(tmp_path: Path) -> None:
    def begun(until: float) -> list[bool]:
        workers, search, seen = ProcessWorkers(1), Search(MAILCHIMP.name, 1), list[Plan]()
        try:
            explore(
                search,
                StartToy(MAILCHIMP.name, tmp_path),
                workers,
                until=until,
                observe=lambda one: seen.append(one.plan),
            )
        finally:
            workers.close()
        return [delays(fault.kind) for plan in seen for fault in plan][: search_module._FIRST_WAVE]

    assert True in begun(inf)
    assert begun(inf) == sorted(begun(inf), reverse=True)
    assert begun(time.monotonic() + 600) != sorted(begun(inf), reverse=True)


def test_workers_that_are_abandoned_end_in_the_middle_of_a_run() -> None:
    workers = ProcessWorkers(1)
    run = workers.executor().submit(signal.pause)
    while not run.running():
        wait([run], 0.01)
    workers.abandon()
    workers.close()
    assert run.exception() is not None


def test_a_killed_worker_loses_no_verdict(tmp_path: Path) -> None:
    workers, search = ProcessWorkers(2), Search(MAILCHIMP.name, 1)
    try:
        explore(search, StartToy(MAILCHIMP.name, tmp_path, "status-502"), workers)
    finally:
        workers.close()
    search.finish()
    whole = search_of(MAILCHIMP, 1)
    assert len(list(tmp_path.iterdir())) > 1, "no worker was killed"
    assert search.failures == whole.failures
    assert search.coverage == whole.coverage


def test_a_plan_that_ends_every_worker_is_undecided_and_spoils_no_other(tmp_path: Path) -> None:
    workers, search = ProcessWorkers(2), Search(MAILCHIMP.name, 1)
    start = StartToy(MAILCHIMP.name, tmp_path, "status-502", times=99)
    undecided: list[Observation] = []
    try:
        explore(
            search,
            start,
            workers,
            observe=lambda one: undecided.append(one) if one.undecided else None,
        )
    finally:
        workers.close()
    search.finish()
    assert undecided
    assert {fault.kind for one in undecided for fault in one.plan} == {"status-502"}
    assert search.coverage.count(Outcome.UNDECIDED) == len(undecided)
    assert search.coverage.exhausted_to == 0
    assert (
        search.coverage.levels[1][Outcome.RUN] + len(undecided)
        == 1 * search.coverage.levels[1].total()
    )


def test_a_runner_that_raises_proves_nothing() -> None:
    workers, search = ProcessWorkers(1), Search("hire", 1)
    seen: list[Observation] = []
    try:
        explore(search, StartBroken(), workers, observe=seen.append)
    finally:
        workers.close()
    search.finish()
    assert [one.undecided for one in seen] == ["the run failed: RuntimeError: no such journey"]
    assert search.coverage.exhausted_to is None


def test_the_time_ends_it(tmp_path: Path) -> None:
    workers, search = ProcessWorkers(1), Search(MAILCHIMP.name, 2)
    try:
        explore(search, StartToy(MAILCHIMP.name, tmp_path), workers, until=time.monotonic())
    finally:
        workers.close()
    search.finish()
    assert search.runs == 0
    assert search.coverage.count(Outcome.LEFT) == 1


def test_what_is_under_way_at_the_end_is_left_and_what_was_seen_is_kept(tmp_path: Path) -> None:
    workers, search = ProcessWorkers(1), Search(MAILCHIMP.name, 1)
    try:
        workers.executor().submit(os.getpid).result()
        now_s = time.monotonic()
        stuck = StartStuck(MAILCHIMP.name, "status-502")
        explore(search, stuck, workers, until=now_s + 1, ends=now_s + 1.5)
        assert time.monotonic() < now_s + 10
        assert search.runs > 0
        seen = search.runs
        explore(search, StartToy(MAILCHIMP.name, tmp_path), workers)
    finally:
        workers.close()
    search.finish()
    whole = search_of(MAILCHIMP, 1)
    assert seen < search.runs == whole.runs
    assert search.failures == whole.failures
    assert search.coverage == whole.coverage
