"""Sends one process's shard: each arrival when it is due, whatever became of the others."""

import gc
import logging
import time
from collections.abc import Callable, Iterator

import gevent
from gevent.pool import Group, Pool

from seatrial.errors import UsageError
from seatrial.loads.generator.exchange import exchange_of
from seatrial.loads.generator.protocol import Participant, Shard
from seatrial.loads.generator.starvation import StarvationWatch
from seatrial.loads.keys import ZipfKeys
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.schedule import kinds, schedule
from seatrial.loads.stats import RAISED, Outcome, Stats, Task

_log = logging.getLogger(__name__)
LATE_MAX_S = 5.0
"""A sender that is later than this gives up what is left: it can't send at this rate."""
_TIMEOUT = Outcome("timeout", ok=False)


class Sender:
    """Sends one shard of a plan.

    Args:
        participant: has the plan and the stats.
        shard: this process's part.
        call: sends one request.
    """

    def __init__(
        self, participant: Participant, shard: Shard, call: Callable[[Task], Outcome]
    ) -> None:
        self._participant = participant
        self._plan: LoadPlan = participant.plan
        self._stats: Stats = participant.stats
        self._shard = shard
        self._call = call
        self._start_s = 0.0
        self._raised: set[str] = set()
        self._kinds = kinds(self._plan, shard=shard.index)
        self._chosen = ZipfKeys(
            len(shard.keys),
            exponent=self._plan.zipf_exponent,
            seed=self._plan.seed,
            shard=shard.index,
        )

    def run(self) -> None:
        """Send everything, wait for the answers, and report to the participant."""
        plan = self._plan
        pool = Pool(plan.max_in_flight)
        cpu_s = time.process_time()
        watch = StarvationWatch(self._stats)
        self._start_s = max(time.monotonic(), plan.not_before_s or 0.0)
        self._participant.begin(self._start_s)
        gc.collect()
        gc.freeze()  # else a full collection, through all of Locust, stops the sending for long
        try:
            users = self._start_users()
            self._send_on_time(pool)
            users.join()
            pool.join(timeout=plan.timeout_s + 1)
        finally:
            gc.unfreeze()
            watch.stop()
            pool.kill(block=False)
        self._participant.finish(time.process_time() - cpu_s)

    # Open loop

    def _send_on_time(self, pool: Pool) -> None:
        dues = schedule(self._plan, shard=self._shard.index, shards=self._shard.count)
        for due in dues:
            intended_s = self._start_s + due.at_s
            wait_s = intended_s - time.monotonic()
            if wait_s < -LATE_MAX_S:
                self._stats.leave(1 + sum(1 for _ in dues))
                return
            # Also without a delay: whoever is in flight must get a turn.
            gevent.sleep(max(0.0, wait_s))
            position = self._pick(due.hot_keys)
            kind = next(self._kinds)
            if pool.full():
                self._stats.drop()
            else:
                pool.spawn(self._send, intended_s, due.phase, position, kind)

    def _pick(self, hot_keys: int) -> int:
        return self._chosen.pick_hot(hot_keys) if hot_keys else self._chosen.pick()

    def _send(self, intended_s: float, phase: str, position: int, kind: str) -> None:
        ticket = self._stats.send(intended_s, key=position, phase=phase, kind=kind)
        task = Task(self._shard.keys[position], kind, phase, ticket)
        outcome, unread, last = _TIMEOUT, self._participant.unread, self._participant.last
        unread.seconds, last.answer = 0.0, None
        sent_s = time.monotonic()
        with gevent.Timeout(self._plan.timeout_s, False) as limit:
            answer = self._outcome(task)
            # Locust's client takes a timeout of ours for an error of the connection.
            outcome = answer if limit.pending else _TIMEOUT
        self._stats.answer(ticket, outcome, unread_s=unread.seconds)
        if not outcome.ok and last.answer is not None and outcome.name not in self._stats.failed:
            took_s = time.monotonic() - sent_s
            self._stats.failed[outcome.name] = exchange_of(last.answer, took_s)

    def _outcome(self, task: Task) -> Outcome:
        """Call the profile; what it raises is the arrival's error, and logged once by its kind."""
        try:
            outcome = self._call(task)
        except Exception as error:  # noqa: BLE001 - whatever a profile raises
            name = type(error).__name__
            if name not in self._raised:
                self._raised.add(name)
                _log.exception("%s.call raised", self._participant.spec.user)
            return Outcome(f"{RAISED}{name}", ok=False)
        if isinstance(outcome, Outcome):
            return outcome
        wrong = f"{self._participant.spec.user}.call returned {outcome!r:.60}"
        self._participant.abort(UsageError(f"{wrong}; return an Outcome"))
        return Outcome("no-outcome", ok=False)

    # Closed loop

    def _start_users(self) -> Group:
        group = Group()
        for begin_s, phase in self._closed_phases():
            for number in range(phase.users):
                # Spread over a think time, else all of them ask in step for ever.
                first_s = begin_s + phase.think_s * number / phase.users
                group.spawn(self._be_user, first_s, begin_s + phase.duration_s, phase)
        return group

    def _closed_phases(self) -> Iterator[tuple[float, Phase]]:
        begin_s = self._start_s
        for phase in self._plan.phases:
            if phase.users:
                yield begin_s, phase
            begin_s += phase.duration_s

    def _be_user(self, first_s: float, end_s: float, phase: Phase) -> None:
        gevent.sleep(max(0.0, first_s - time.monotonic()))
        while (now_s := time.monotonic()) < end_s:
            self._send(now_s, phase.name, self._pick(phase.hot_keys), next(self._kinds))
            gevent.sleep(phase.think_s)
