"""Run a search's plans on an executor: processes here, or a cluster's.

A worker that is lost loses no verdict: its plan is run again.
"""

import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from math import inf
from multiprocessing.process import BaseProcess
from threading import Lock, Thread
from time import monotonic
from typing import Protocol

from seatrial.errors import SeatrialError
from seatrial.explore.kinds import delays
from seatrial.explore.model import Observation, Plan
from seatrial.explore.search import Search

_LOST_TOO_OFTEN = 3

Runner = Callable[[Plan], Observation]
"""Runs the journey under a plan."""


StartRunner = Callable[[], Runner]
"""Starts a runner, once in each worker. It's sent there: picklable and hashable."""


class Workers(Protocol):
    """Who runs plans."""

    count: int

    def executor(self) -> Executor:
        """Return where to submit."""
        ...

    def renew(self) -> None:
        """Forget an executor that is broken."""
        ...

    def is_lost(self, error: BaseException) -> bool:
        """Return whether an error says that a worker went, and nothing about its plan."""
        ...

    def abandon(self) -> None:
        """Let what they run now be, where nobody waits for it any more."""
        ...

    def close(self) -> None:
        """End them."""
        ...


class ProcessWorkers:
    """Processes on this machine."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool: ProcessPoolExecutor | None = None

    def executor(self) -> Executor:
        """Return the pool, started when it's first asked for."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_depend_on_the_parent,
            )
        return self._pool

    def renew(self) -> None:
        """Forget the pool: after one process is lost, it takes nothing any more."""
        self._pool = None

    def is_lost(self, error: BaseException) -> bool:
        """Return whether a process ended while the plan was out."""
        return isinstance(error, BrokenProcessPool | CancelledError)

    def abandon(self) -> None:
        """End the processes now; what they started ends with them."""
        if self._pool is not None:
            for process in multiprocessing.active_children():
                process.kill()

    def close(self) -> None:
        """End the processes, once what they run now is done."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _depend_on_the_parent() -> None:
    """Leave Ctrl-C to it, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_after, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_after(parent: BaseProcess | None) -> None:
    if parent is not None:
        parent.join()
        os._exit(1)  # nobody is left who wants a result; what it started has watchers of its own


_runners: dict[StartRunner, Runner] = {}
"""Of this worker."""
_one_at_a_time = Lock()  # a cluster's worker may have several threads


def run_one(start: StartRunner, plan: Plan) -> Observation:
    """Run a plan in a worker."""
    with _one_at_a_time:
        if start not in _runners:
            _runners[start] = start()
        return _runners[start](plan)


@dataclass
class _Batch:
    """The plans of a wave on their way through the workers."""

    workers: Workers
    start: StartRunner
    journey: str
    waiting: deque[Plan]
    suspects: deque[Plan] = field(default_factory=deque)
    """Plans that were out when a worker went: run alone, so that one can't spoil another's runs."""
    out: dict[Future[Observation], Plan] = field(default_factory=dict)
    lost: Counter[Plan] = field(default_factory=Counter)

    def observations(self, until: float, ends: float) -> Iterator[Observation]:
        while self.waiting or self.suspects or self.out:
            if monotonic() >= until:
                break
            self._submit()
            left_s = None if until == inf else max(0.0, until - monotonic())
            done, _ = wait(self.out, left_s, FIRST_COMPLETED)
            for future in done:
                yield from self._result(future)
        running = [future for future in self.out if not future.cancel()]
        # A bit of patience, and what is being run counts.
        done, late = wait(running, None if ends == inf else max(0.0, ends - monotonic()))
        for future in done:
            yield from self._result(future)
        if late:
            self.workers.abandon()

    def _submit(self) -> None:
        while self.waiting and len(self.out) < 2 * self.workers.count:
            self._send(self.waiting.popleft())
        if not self.out and self.suspects:
            self._send(self.suspects.popleft())

    def _send(self, plan: Plan) -> None:
        try:
            future = self.workers.executor().submit(run_one, self.start, plan)
        except BrokenProcessPool:
            self.workers.renew()
            future = self.workers.executor().submit(run_one, self.start, plan)
        self.out[future] = plan

    def _result(self, future: Future[Observation]) -> Iterator[Observation]:
        plan = self.out.pop(future)
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            yield future.result()
        elif not self.workers.is_lost(error):
            known = isinstance(error, SeatrialError)
            why = str(error) if known else f"the run failed: {type(error).__name__}: {error}"
            yield self._undecided(plan, why)
        elif (self.lost.update([plan]) or self.lost[plan]) < _LOST_TOO_OFTEN:
            self.suspects.append(plan)
        else:
            yield self._undecided(plan, f"{_LOST_TOO_OFTEN} workers ended while they ran this")

    def _undecided(self, plan: Plan, why: str) -> Observation:
        return Observation(self.journey, plan, frozenset(), undecided=why)


def _takes_long(plan: Plan) -> int:
    return sum(delays(fault.kind) for fault in plan)


def explore(
    search: Search,
    start: StartRunner,
    workers: Workers,
    *,
    until: float = inf,
    ends: float = inf,
    random: bool = False,
    observe: Callable[[Observation], None] = lambda _: None,
) -> None:
    """Run what the search plans until nothing is left, or the time is up; it can go on later.

    Args:
        search: Holds what was seen afterwards, whatever ended it; `finish` counts what is left.
        start: Starts a runner in each worker.
        workers: Who runs the plans; the caller closes them.
        until: When nothing more is begun, on `time.monotonic()`'s clock.
        ends: When what is still being run is abandoned, as if it had never begun.
        random: Go on with random larger sets until then, once all sets up to the bound were tried.
        observe: Called with each observation.
    """

    def run(plans: list[Plan]) -> Iterator[Observation]:
        if until == inf:  # the longest first, or the last one would be waited for by all workers
            plans = sorted(plans, key=_takes_long, reverse=True)
        batch = _Batch(workers, start, search.journey, deque(plans))
        for observation in batch.observations(until, ends):
            observe(observation)
            yield observation

    search.random = random
    try:
        while monotonic() < until and (plans := search.plans()):
            for observation in run(plans):
                search.saw(observation)
            for shrinking in search.shrinkings():
                while smaller := shrinking.plans():
                    for observation in run(smaller):
                        shrinking.saw(observation)
    finally:
        search.pause()
