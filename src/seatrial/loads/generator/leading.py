"""The leading process, which sends itself or leaves that to workers."""

import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gevent
from locust.env import Environment

from seatrial.errors import UsageError
from seatrial.loads.generator.protocol import Participant, RunSpec
from seatrial.loads.plan import RESULT_VARIABLE
from seatrial.loads.stats import Arrival, Counts, Stats
from seatrial.loads.summary import summary
from seatrial.loads.target import check_target
from seatrial.loads.verdict import plain_verdict

_GLANCE_S = 2.0
"""Interval of percentiles in the progress: each costs the sending a few milliseconds."""
_GRACE_S = 15.0
"""Time after the end of the plan in which a silent process is waited for."""


class Leader(Participant):
    """Starts a test, watches it, ends it, and writes its result."""

    leads = True

    def __init__(self, environment: Environment, spec: RunSpec) -> None:
        super().__init__(environment, spec)
        self.runner: Any = environment.runner

    def reset(self) -> None:
        """Forget the test before."""
        super().reset()
        self.ended_s = 0.0
        self.cpu_s: dict[str, float] = {}
        self.senders: list[str] = []
        self.finished: set[str] = set()
        self.error: UsageError | None = None
        self._glance = self.stats.glance()
        self._glanced_s = 0.0

    def hand_out(self) -> None:
        """Give every sending process its shard."""
        raise NotImplementedError

    @property
    def counts(self) -> Counts:
        """Everything that the processes report as sent, received and dropped."""
        raise NotImplementedError

    def lost(self) -> set[str]:
        """Return the sending processes that are gone."""
        return set()

    def start(self) -> None:
        """Hand out the shards and watch for the end."""
        self.reset()
        try:  # again, since Locust's page lets a person change the target and the options
            self.plan = self.spec.read_plan()
            check_target(self.environment.host or "", any_host=self.plan.any_host)
        except UsageError as error:
            say(error)
            gevent.spawn(self.runner.stop)
            return
        self.started_s = time.monotonic()
        self.hand_out()
        gevent.spawn(self._watch, self.stats)

    def abort(self, error: UsageError) -> None:
        """End the test with the error's exit code, and without a result."""
        if self.error is None:
            self.error = error
            gevent.spawn(self._end)

    def _watch(self, stats: Stats) -> None:
        """Say how far the run is, and end it once all senders finished or are lost."""
        wait_s = max(0.0, (self.plan.not_before_s or 0.0) - time.monotonic())
        until_s = time.monotonic() + wait_s + self.plan.duration_s + self.plan.timeout_s + _GRACE_S
        said_s = 0.0
        while self.stats is stats and not self.ended_s and time.monotonic() < until_s:
            if self.finished | self.lost() >= set(self.senders):
                break
            if time.monotonic() - said_s >= 0.5:
                said_s = time.monotonic()
                self.emit("load_progress", self._progress())
            gevent.sleep(0.05)
        if self.stats is stats and not self.ended_s:
            self._end()

    def _end(self) -> None:
        """End the test as Locust's own timer would: with a page, its process goes on."""
        self.ended_s = time.monotonic()
        options = self.environment.parsed_options
        web: Any = self.environment.web_ui
        if web is None:
            self.runner.quit()
            return
        self.runner.stop()
        if options is not None and options.autoquit >= 0:
            gevent.sleep(options.autoquit)
            self.runner.quit()
            web.stop()

    def stop(self) -> None:
        """Show a person the summary of the test that has just ended."""
        if self.environment.web_ui is not None and self.started_s:
            self.ended_s = self.ended_s or time.monotonic()
            self._show(summary(self.stats, self.counts))

    def _progress(self) -> dict[str, Any]:
        elapsed_s = max(0.0, time.monotonic() - self.started_s)
        counts = self.counts
        if time.monotonic() >= self._glanced_s + _GLANCE_S:
            self._glanced_s, self._glance = time.monotonic(), self.stats.glance()
        return {
            "elapsed_s": round(elapsed_s, 2),
            "phase": self.plan.phase_at(elapsed_s),
            "sent": counts.sent,
            "answered": counts.answered,
            "dropped": counts.dropped,
            **self._glance,
        }

    def emit(self, event: str, data: dict[str, Any]) -> None:
        """Write an event for the harness; nothing where it isn't there to read."""
        if os.environ.get(RESULT_VARIABLE):
            sys.stdout.write(json.dumps({"event": event, "data": data}) + "\n")
            sys.stdout.flush()

    def quit(self) -> None:
        """Write the result where the environment says, else a summary for a person.

        With Locust's page there was one at the end of each test.
        """
        try:
            if self.error is not None:
                raise self.error
            self._report_result()
        except UsageError as error:
            say(error)
            self.environment.process_exit_code = error.exit_code

    def _report_result(self) -> None:
        path = os.environ.get(RESULT_VARIABLE)
        if path:
            made = Path(path).with_suffix(".part")
            made.write_text(json.dumps(self._result()), encoding="utf-8")
            made.replace(path)
        elif self.environment.web_ui is None and self.started_s:
            host = self.environment.host or ""
            text, status = plain_verdict(self._result(), host, self.spec.profile)
            self._show(text)
            self.environment.process_exit_code = status

    def _show(self, text: str) -> None:
        """Show a person a text; standard output is Locust's alone where it writes JSON there."""
        options = self.environment.parsed_options
        as_json = options is not None and options.json
        (sys.stderr if as_json else sys.stdout).write(text)

    def _result(self) -> dict[str, Any]:
        part = self.stats.take(last=True)
        del part["total"]
        assertions = self._assertions([Arrival(*row) for row in part["arrivals"]])
        return {
            "plan": self.plan.to_json(),
            "startedS": self.started_s,
            "endedS": self.ended_s or time.monotonic(),
            "interrupted": not self.ended_s,
            "workers": self.senders,
            "finished": sorted(self.finished),
            "counts": vars(self.counts),
            "cpuS": self.cpu_s,
            "keys": list(self.spec.keys),
            "assertions": assertions,
            **part,
        }

    def _assertions(self, arrivals: Sequence[Arrival]) -> list[list[Any]]:
        try:
            return [list(one) for one in self.spec.assertions(arrivals)]
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(
                f"{self.spec.user}.assertions raised {type(error).__name__}: {error}; fix it"
            ) from error


def note(sentence: str) -> None:
    """Write a sentence for a person on stderr."""
    sys.stderr.write(f"seatrial: {sentence}\n")
    sys.stderr.flush()


def say(error: UsageError) -> None:
    """Write the error's one sentence on stderr, in the form that the harness looks for."""
    note(str(error))
