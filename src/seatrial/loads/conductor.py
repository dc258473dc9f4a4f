"""Conducts a run inside Locust: hands out shares, merges what processes report, writes the result.

Only Locust's processes import this. Each holds one `Conductor` per environment. The *leading* one
(the only process, or Locust's master) gives every worker its share of the arrivals before they
start, and collects their parts from Locust's worker reports and from their last word, which comes
as a message so that nothing of it depends on timing.
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import gevent
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from seatrial.errors import UsageError
from seatrial.loads.account import account
from seatrial.loads.plan import RESULT_VARIABLE, LoadPlan
from seatrial.loads.profile import Profile
from seatrial.loads.tally import Arrival, Counts, Finding, Tally
from seatrial.loads.target import check_target
from seatrial.loads.verdict import plain_verdict


def _machine() -> str:
    """The same for all processes whose `time.monotonic()` is one clock."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return f"{uuid.getnode():x}"


_MACHINE = _machine()
_SHARE, _LAST = "seatrial-share", "seatrial-last"
_GLANCE_S = 2.0
"""How often percentiles are taken for the summary: each costs the sending a few milliseconds."""
_GRACE_S = 15.0
"""How long after the end of the plan a process that says nothing is waited for."""


@dataclass(frozen=True)
class Share:
    """Which part of the arrivals a process sends, and the ids that they ask for."""

    index: int
    count: int
    keys: tuple[str, ...]


class Conductor:
    """A run in one process."""

    def __init__(
        self,
        environment: Environment,
        read_plan: Callable[[], LoadPlan],
        keys: tuple[str, ...],
        afterwards: Callable[[Sequence[Arrival]], Iterable[Finding]],
        profile: Profile | None,
    ) -> None:
        self.environment = environment
        self.keys = keys
        self._read_plan = read_plan
        self._afterwards = afterwards
        self._profile = profile
        self.plan = read_plan()
        self.interrupted = False
        self._reset()
        runner: Any = environment.runner
        if isinstance(runner, WorkerRunner):
            runner.register_message(_SHARE, self._on_share)
        elif isinstance(runner, MasterRunner):
            runner.register_message(_LAST, self._on_last)

    def _reset(self) -> None:
        self.tally = Tally()
        self.share: Share | None = None
        self.started_s = 0.0
        self.ended_s = 0.0
        self.cpu_s: dict[str, float] = {}
        self.workers: list[str] = []
        self.totals: dict[str, Counts] = {}
        self.finished: set[str] = set()
        self._glance = self.tally.glance()
        self._glanced_s = 0.0
        self._claimed = False

    # Every process

    def claim(self) -> Share | None:
        """The share of this process, for the first user that asks; None for all others."""
        if self._claimed or self.share is None:
            return None
        self._claimed = True
        return self.share

    def begin(self, start_s: float) -> None:
        """This process begins to send at this moment, `time.monotonic()`."""
        self.started_s = start_s
        if not isinstance(self.environment.runner, WorkerRunner):
            self._say("load_started", {"startedS": start_s})

    def finish(self, cpu_s: float) -> None:
        """This process has sent its share; all answers are in, or were waited for."""
        runner: Any = self.environment.runner
        if isinstance(runner, WorkerRunner):
            part = {**self.tally.take(last=True), **self._whose(), "cpu_s": cpu_s}
            runner.send_message(_LAST, part)
        else:
            self.cpu_s["local"] = cpu_s
            self.finished.add("local")

    # Workers

    def _on_share(self, environment: Environment, msg: Any, **_: Any) -> None:
        """Take the share; it comes before the users do, in the order of one socket."""
        del environment
        self._reset()
        data = msg.data
        self.plan = LoadPlan.from_json(data["plan"])
        self.share = Share(data["index"], data["count"], tuple(data["keys"]))

    def report(self, data: dict[str, Any]) -> None:
        """Put what is new into Locust's own report to the master."""
        data["seatrial"] = {**self.tally.take(), **self._whose()}

    def _whose(self) -> dict[str, Any]:
        """By which clock the times of a part are to be read."""
        return {"machine": _MACHINE, "started_s": self.started_s}

    # The leading process

    def start(self) -> None:
        """A test begins: hand out the shares and watch for its end."""
        runner: Any = self.environment.runner
        if isinstance(runner, WorkerRunner):
            return
        self._reset()
        try:  # again, since Locust's page lets a person change the target and the options
            self.plan = self._read_plan()
            check_target(self.environment.host or "", any_host=self.plan.any_host)
        except UsageError as error:
            say(error)
            gevent.spawn(runner.stop)
            return
        self.started_s = time.monotonic()
        if isinstance(runner, MasterRunner):
            self.workers = sorted(runner.clients)
            for index, client_id in enumerate(self.workers):
                share = {"index": index, "count": len(self.workers), "keys": list(self.keys)}
                share["plan"] = self.plan.to_json()
                runner.send_message(_SHARE, share, client_id)
            self._say("load_started", {"startedS": self.started_s})
        else:
            self.workers = ["local"]
            self.share = Share(0, 1, self.keys)
        gevent.spawn(self._watch, self.tally)

    def collect(self, client_id: str, data: dict[str, Any]) -> None:
        """Merge a worker's part."""
        part = data.get("seatrial")
        if part is not None and client_id in self.workers:
            self.totals[client_id] = Counts(**part["total"])
            here = part["machine"] == _MACHINE
            # Each machine has a clock of its own; what they share is the moment of the start.
            self.tally.add(part, later_s=0.0 if here else self.started_s - part["started_s"])

    def _on_last(self, environment: Environment, msg: Any, **_: Any) -> None:
        del environment
        if msg.node_id not in self.workers:
            return
        self.collect(msg.node_id, {"seatrial": msg.data})
        self.cpu_s[msg.node_id] = msg.data["cpu_s"]
        if msg.data["machine"] == _MACHINE:
            self.started_s = msg.data["started_s"]
        self.finished.add(msg.node_id)

    def _watch(self, tally: Tally) -> None:
        """Say how far the run is, and end it once all workers finished or are lost."""
        wait_s = max(0.0, (self.plan.not_before_s or 0.0) - time.monotonic())
        until_s = time.monotonic() + wait_s + self.plan.duration_s + self.plan.timeout_s + _GRACE_S
        said_s = 0.0
        while self.tally is tally and not self.ended_s and time.monotonic() < until_s:
            if self.finished | self._lost() >= set(self.workers):
                break
            if time.monotonic() - said_s >= 0.5:
                said_s = time.monotonic()
                self._say("load_progress", self._progress())
            gevent.sleep(0.05)
        if self.tally is tally and not self.ended_s:
            self._end()

    def _end(self) -> None:
        """End the test as Locust's own timer would: with a page, its process goes on."""
        self.ended_s = time.monotonic()
        runner: Any = self.environment.runner
        options = self.environment.parsed_options
        web: Any = self.environment.web_ui
        if web is None:
            runner.quit()
            return
        runner.stop()
        if options is not None and options.autoquit >= 0:
            gevent.sleep(options.autoquit)
            runner.quit()
            web.stop()

    def stopped(self) -> None:
        """The test is over, be it that a person stopped it on Locust's page."""
        if self.environment.web_ui is not None and self.started_s:
            self.ended_s = self.ended_s or time.monotonic()
            sys.stdout.write(account(self.tally, self.counts))

    def _lost(self) -> set[str]:
        runner: Any = self.environment.runner
        if not isinstance(runner, MasterRunner):
            return set()
        alive = {client.id for client in runner.clients.all} - {
            client.id for client in runner.clients.missing
        }
        return set(self.workers) - alive

    @property
    def counts(self) -> Counts:
        """What all processes together say that they sent, received and dropped."""
        if not self.totals:
            return self.tally.counts
        rows = self.totals.values()
        return Counts(
            sum(row.sent for row in rows),
            sum(row.answered for row in rows),
            sum(row.dropped for row in rows),
            sum(row.unsent for row in rows),
        )

    def _progress(self) -> dict[str, Any]:
        elapsed_s = max(0.0, time.monotonic() - self.started_s)
        counts = self.counts
        if time.monotonic() >= self._glanced_s + _GLANCE_S:
            self._glanced_s, self._glance = time.monotonic(), self.tally.glance()
        return {
            "elapsed_s": round(elapsed_s, 2),
            "phase": self.plan.phase_at(elapsed_s),
            "sent": counts.sent,
            "answered": counts.answered,
            "dropped": counts.dropped,
            **self._glance,
        }

    def _say(self, event: str, data: dict[str, Any]) -> None:
        if os.environ.get(RESULT_VARIABLE):
            sys.stdout.write(json.dumps({"event": event, "data": data}) + "\n")
            sys.stdout.flush()

    def write(self) -> None:
        """Write the result where the environment says, else an account for a person.

        With Locust's page there was one at the end of each test.
        """
        path = os.environ.get(RESULT_VARIABLE)
        if path:
            made = Path(path).with_suffix(".part")
            made.write_text(json.dumps(self._result()), encoding="utf-8")
            made.replace(path)
        elif self.environment.web_ui is None and self.started_s:
            host = self.environment.host or ""
            text, status = plain_verdict(self._result(), host, self._profile)
            sys.stdout.write(text)
            self.environment.process_exit_code = status

    def _result(self) -> dict[str, Any]:
        part = self.tally.take(last=True)
        del part["total"]
        arrivals = [Arrival(*row) for row in part["arrivals"]]
        return {
            "plan": self.plan.to_json(),
            "startedS": self.started_s,
            "endedS": self.ended_s or time.monotonic(),
            "interrupted": self.interrupted or not self.ended_s,
            "workers": self.workers,
            "finished": sorted(self.finished),
            "counts": vars(self.counts),
            "cpuS": self.cpu_s,
            "keys": list(self.keys),
            "findings": [list(one) for one in self._afterwards(arrivals)],
            **part,
        }


_conductors: WeakKeyDictionary[Environment, Conductor] = WeakKeyDictionary()


def conductor_of(environment: Environment) -> Conductor:
    """The conductor of this environment; there is one once Locust has fired `init`."""
    return _conductors[environment]


def conduct(
    environment: Environment,
    read_plan: Callable[[], LoadPlan],
    keys: tuple[str, ...],
    afterwards: Callable[[Sequence[Arrival]], Iterable[Finding]],
    profile: Profile | None,
) -> None:
    """Make the conductor of an environment.

    Args:
        environment: Locust's.
        read_plan: asked at the beginning of each test.
        keys: the ids that arrivals ask for; empty in a worker, which gets them with its share.
        afterwards: asked once, when all is over, what the run left behind.
        profile: has the limits, for a run that nobody else judges.
    """
    _conductors[environment] = Conductor(environment, read_plan, keys, afterwards, profile)


def note(sentence: str) -> None:
    """Tell a person something, on stderr."""
    sys.stderr.write(f"seatrial: {sentence}\n")
    sys.stderr.flush()


def say(error: UsageError) -> None:
    """Put the error's one sentence on stderr, in the form that the harness looks for."""
    note(str(error))


def _on_test_start(environment: Environment, **_: Any) -> None:
    if environment in _conductors:
        conductor_of(environment).start()


def _on_test_stop(environment: Environment, **_: Any) -> None:
    if environment in _conductors and not isinstance(environment.runner, WorkerRunner):
        conductor_of(environment).stopped()


def _on_worker_report(client_id: str, data: dict[str, Any], **_: Any) -> None:
    for conductor in _conductors.values():
        conductor.collect(client_id, data)


def _on_report_to_master(data: dict[str, Any], **_: Any) -> None:
    for conductor in _conductors.values():
        conductor.report(data)


def _on_quitting(environment: Environment, **_: Any) -> None:
    conductor = _conductors.get(environment)
    if conductor is not None and not isinstance(environment.runner, WorkerRunner):
        conductor.write()


def listen(events: Any) -> None:
    """Take part in the course of a test; `events` are Locust's, which have no types."""
    events.test_start.add_listener(_on_test_start)
    events.test_stop.add_listener(_on_test_stop)
    events.worker_report.add_listener(_on_worker_report)
    events.report_to_master.add_listener(_on_report_to_master)
    events.quitting.add_listener(_on_quitting)
