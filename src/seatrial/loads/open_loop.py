"""`OpenLoopUser`: a Locust user whose arrivals don't wait for answers.

Locust's own users wait for an answer before they ask again, so a server that stalls is asked less
while it stalls, and the stall is missing from the percentiles (*coordinated omission*). Here a
source decides beforehand when each request is due; it is sent then, whatever became of the earlier
ones, and its latency counts from the time when it was due.

    class Cards(OpenLoopUser):
        @classmethod
        def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
            return ("u-1", "u-2")

        def call(self, key: str) -> Outcome:
            response = self.client.get(f"/users/{key}/card", name="/users/{id}/card")
            return Outcome(f"http-{response.status_code}", response.status_code == 200)

One source runs in each process, whatever the number of users: the plan has the rate, and Locust's
users only decide which processes send. Import this in a Locust file only.
"""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

import gevent
import locust
from gevent.pool import Pool
from locust import FastHttpUser, task
from locust.env import Environment
from locust.runners import WorkerRunner

from seatrial.errors import UsageError
from seatrial.loads.conductor import Conductor, Share, conduct, conductor_of, listen, say
from seatrial.loads.keys import ZipfKeys
from seatrial.loads.plan import PLAN_VARIABLE, LoadPlan, Phase
from seatrial.loads.schedule import Due, schedule
from seatrial.loads.tally import Outcome
from seatrial.loads.target import OPT_IN, check_target

_LONGEST_S = 3600.0
"""The length of a run that names none; a load test without an end is a mistake."""


class OpenLoopUser(FastHttpUser):
    """Sends what the plan schedules, on time, and accounts for every arrival."""

    abstract = True
    # The pool of connections must never be what limits the requests in flight: the plan does, and
    # it says so.
    concurrency = 10_000

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """The ids that arrivals ask for; called once, in the leading process.

        Raises:
            UsageError: there are none to be had; ends the run with exit code 2.
        """
        raise NotImplementedError

    def call(self, key: str) -> Outcome:
        """Send one request and say how it ended.

        It runs beside others, so it keeps nothing on the user. It is given up after the plan's
        `timeout_s`, which counts as the outcome "timeout".
        """
        raise NotImplementedError

    @task
    def play(self) -> None:
        """Be the source of this process, once; every further user only waits."""
        conductor = conductor_of(self.environment)
        share = conductor.claim()
        if share is not None:
            self._send_all(conductor, share)
        while True:
            gevent.sleep(1)

    def _send_all(self, conductor: Conductor, share: Share) -> None:
        plan = conductor.plan
        chosen = ZipfKeys(
            len(share.keys), exponent=plan.zipf_exponent, seed=plan.seed, share=share.index
        )
        pool = Pool(plan.max_in_flight)
        cpu_s = time.process_time()
        conductor.started_s = start_s = max(time.monotonic(), plan.not_before_s or 0.0)
        try:
            for due in schedule(plan, share=share.index, shares=share.count):
                intended_s = start_s + due.at_s
                # Also without a delay: whoever is in flight must get a turn.
                gevent.sleep(max(0.0, intended_s - time.monotonic()))
                position = chosen.pick()
                if pool.full():
                    conductor.tally.drop()
                else:
                    key = share.keys[position]
                    pool.spawn(self._send, conductor, intended_s, due, position, key)
            pool.join(timeout=plan.timeout_s + 1)
        finally:
            pool.kill(block=False)
        conductor.finish(time.process_time() - cpu_s)

    def _send(
        self, conductor: Conductor, intended_s: float, due: Due, position: int, key: str
    ) -> None:
        tally = conductor.tally
        ticket = tally.send(intended_s, key=position, phase=due.phase)
        outcome = timeout = Outcome("timeout", ok=False)
        with gevent.Timeout(conductor.plan.timeout_s, False) as limit:
            answer = self.call(key)
            # Locust's client takes a timeout of ours for an error of the connection.
            outcome = answer if limit.pending else timeout
        tally.answer(ticket, outcome)


def _add_options(parser: argparse.ArgumentParser, **_: Any) -> None:
    group = parser.add_argument_group("Seatrial, open loop")
    group.add_argument("--rate", type=float, default=100.0, help="Arrivals per second, in all")
    group.add_argument("--seed", type=int, default=1, help="Repeats arrivals and ids")
    group.add_argument("--zipf", type=float, default=1.0, help="Skew of the ids; 0 is uniform")
    group.add_argument(
        "--arrivals", choices=["poisson", "constant"], default="poisson", help="The source"
    )
    group.add_argument(OPT_IN, action="store_true", help="The target need not be this machine")


def plan_of(options: Any) -> LoadPlan:
    """The plan that the environment names, else the one that Locust's command line describes.

    Raises:
        UsageError: the file or a value is wrong.
    """
    path = os.environ.get(PLAN_VARIABLE)
    if path:
        return LoadPlan.read(Path(path))
    return LoadPlan(
        phases=(Phase("steady", float(options.run_time or _LONGEST_S), options.rate),),
        seed=options.seed,
        arrivals=options.arrivals,
        zipf_exponent=options.zipf,
        any_host=options.i_may_load_this_host,
    )


def _profile(environment: Environment) -> type[OpenLoopUser]:
    profiles = [cls for cls in environment.user_classes if issubclass(cls, OpenLoopUser)]
    if len(profiles) != 1:
        names = ", ".join(profile.__name__ for profile in profiles) or "none"
        raise UsageError(f"one open-loop profile runs at a time, and there are: {names}")
    return profiles[0]


def _on_init(environment: Environment, **_: Any) -> None:
    leads = not isinstance(environment.runner, WorkerRunner)
    options: Any = environment.parsed_options
    try:
        profile, plan = _profile(environment), plan_of(options)
        if environment.host:
            check_target(environment.host, any_host=plan.any_host)
        keys = profile.keys(plan) if leads else ()
    except UsageError as error:
        say(error)
        sys.exit(error.exit_code)
    if options.headless:
        # The plan ends the run: Locust's own timer would cut off what is still in flight.
        options.run_time = None
        conduct(environment, lambda: plan, keys)
    else:
        conduct(environment, lambda: plan_of(options), keys)


_events: Any = locust.events  # which have no types
_events.init_command_line_parser.add_listener(_add_options)
_events.init.add_listener(_on_init)
listen(_events)
