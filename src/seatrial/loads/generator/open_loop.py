"""`OpenLoopUser`: a Locust user whose arrivals don't wait for answers.

Locust's own users wait for an answer before they ask again, so a server that stalls is asked less
while it stalls, and the stall is missing from the percentiles (*coordinated omission*). Here a
schedule decides beforehand when each request is due; it is sent then, whatever became of the
earlier ones, and its latency counts from the time when it was due.

    class Cards(OpenLoopUser):
        profile = Profile(title="Cards", phases=(Phase("steady", 10, 100),))

        @classmethod
        def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
            return ("u-1", "u-2")

        def call(self, task: Task) -> Outcome:
            response = self.client.get(f"/users/{task.key}/card", name="/users/{id}/card")
            return Outcome(f"http-{response.status_code}", response.status_code == 200)

One sender runs in each process, whatever the number of users: the plan has the rate, and Locust's
users only decide which processes send. A phase with `users` is a closed loop instead, counted in
the same way, and Locust's own user classes may be in the same file. Import it in a Locust file
only.
"""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import gevent
import locust
from locust import FastHttpUser, task
from locust.contrib.fasthttp import FastHttpSession, FastResponse
from locust.env import Environment

from seatrial.errors import UsageError
from seatrial.loads.generator.client import LoadClients, LoadSession
from seatrial.loads.generator.joining import join, listen, participant_of, role_of
from seatrial.loads.generator.leading import note, say
from seatrial.loads.generator.page import extend_page
from seatrial.loads.generator.protocol import RunSpec
from seatrial.loads.generator.sender import Sender
from seatrial.loads.plan import PLAN_VARIABLE, LoadPlan, Phase
from seatrial.loads.profile import Profile
from seatrial.loads.stats import Arrival, Assertion, Outcome, Task
from seatrial.loads.target import OPT_IN, check_target

_PLAIN = Profile(title="One rate", phases=(Phase("steady", 3600.0, 100.0),))
"""The profile of a user without one; a load test without an end is a mistake."""


class OpenLoopUser(FastHttpUser):
    """Sends what the plan schedules, on time, and counts every arrival."""

    abstract = True
    # The pool of connections must never be what limits the requests in flight: the plan does, and
    # it says so.
    concurrency = 10_000

    profile: ClassVar[Profile | None] = None
    """Phases, limits and the rest; None: one phase, with the rate of the command line."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client: FastHttpSession = LoadSession(
            on_answer=self._note_answer,
            base_url=self.host,
            request_event=environment.events.request,
            user=self,
            insecure=self.insecure,
            client_pool=self.client_pool,
            ssl_context_factory=self.ssl_context_factory,
            network_timeout=self.network_timeout,
            connection_timeout=self.connection_timeout,
            max_redirects=self.max_redirects,
            max_retries=0,
            concurrency=self.concurrency,
            headers=self.default_headers,
            proxy_host=self.proxy_host,
            proxy_port=self.proxy_port,
        )
        agent = self.client.client
        if self.client_pool is None:
            agent.clientpool = LoadClients(
                self._count_request, self._note_unread, **agent.clientpool.client_args
            )

    def _count_request(self) -> None:
        participant_of(self.environment).stats.counts.requests += 1

    def _note_answer(self, answer: FastResponse) -> None:
        participant_of(self.environment).last.answer = answer

    def _note_unread(self, unread_s: float) -> None:
        participant_of(self.environment).unread.seconds += unread_s

    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        """Return the ids that arrivals ask for; called once, in the leading process.

        Raises:
            UsageError: there are none to be had; ends the run with exit code 2.
        """
        raise NotImplementedError

    @classmethod
    def assertions(cls, arrivals: Sequence[Arrival]) -> Iterable[Assertion]:
        """Look at what the run left behind; called once, in the leading process, at the end.

        Args:
            arrivals: all that was sent, of all processes, with what became of it.
        """
        del arrivals
        return ()

    def call(self, task: Task) -> Outcome:
        """Send one request and say how it ended.

        Many run at once, so it keeps nothing on the user. It is given up after the plan's
        `timeout_s`, which counts as the outcome "timeout".
        """
        raise NotImplementedError

    @task
    def run_shard(self) -> None:
        """Send this process's shard, once; every further user only waits."""
        participant = participant_of(self.environment)
        shard = participant.claim()
        if shard is not None:
            Sender(participant, shard, self.call).run()
        while True:
            gevent.sleep(1)


def _add_options(parser: argparse.ArgumentParser, **_: Any) -> None:
    """Add options, with the profile's defaults: it exists by now, since Locust reads it first."""
    found = [profile for cls in _concrete(OpenLoopUser) if (profile := cls.profile)]
    own = found[0] if len(found) == 1 else _PLAIN
    group = parser.add_argument_group("Seatrial, open loop")
    group.add_argument("--rate", type=float, default=own.rate_per_s, help="Mean arrivals a second")
    group.add_argument("--seed", type=int, default=1, help="Repeats arrivals and ids")
    group.add_argument(
        "--zipf", type=float, default=own.zipf_exponent, help="Skew of the ids; 0 is uniform"
    )
    group.add_argument(
        "--arrivals", choices=["poisson", "constant"], default=own.arrivals, help="The source"
    )
    group.add_argument(OPT_IN, action="store_true", help="The target need not be this machine")


def _concrete(cls: type[OpenLoopUser]) -> Iterator[type[OpenLoopUser]]:
    for each in cls.__subclasses__():
        if not each.abstract:
            yield each
        yield from _concrete(each)


def plan_of(options: Any, profile: Profile | None = None) -> LoadPlan:
    """Return the environment's plan, else the profile's, as Locust's command line scales it.

    Raises:
        UsageError: the file or a value is wrong.
    """
    path = os.environ.get(PLAN_VARIABLE)
    if path:
        return LoadPlan.read(Path(path))
    own = profile or _PLAIN
    rate_per_s = float(options.rate) if options.rate != own.rate_per_s else None
    scaled = own.scaled(rate_per_s=rate_per_s, duration_s=options.run_time or None)
    chosen = replace(scaled, arrivals=options.arrivals, zipf_exponent=options.zipf)
    return chosen.plan(seed=options.seed, any_host=options.i_may_load_this_host)


def _the_user(environment: Environment) -> type[OpenLoopUser]:
    found = [cls for cls in environment.user_classes if issubclass(cls, OpenLoopUser)]
    if len(found) != 1:
        names = ", ".join(cls.__name__ for cls in found) or "none"
        raise UsageError(f"one open-loop profile runs at a time, and there are: {names}")
    return found[0]


def _check_user(user: type[OpenLoopUser]) -> None:
    for name in ("keys", "call"):
        if not any(name in vars(cls) for cls in user.__mro__ if cls not in OpenLoopUser.__mro__):
            raise UsageError(f"{user.__name__} has no {name}; define it, as OpenLoopUser describes")


def _keys_of(user: type[OpenLoopUser], plan: LoadPlan) -> tuple[str, ...]:
    try:
        keys = tuple(user.keys(plan))
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"{user.__name__}.keys raised {type(error).__name__}: {error}; fix the profile"
        ) from error
    if not keys or not all(isinstance(key, str) for key in keys):
        raise UsageError(f"{user.__name__}.keys returned no ids; return at least one string")
    return keys


def _check_host(host: str | None, plan: LoadPlan, *, needed: bool) -> None:
    """Check the target; with its page, Locust asks for it later."""
    if host:
        check_target(host, any_host=plan.any_host)
    elif needed:
        raise UsageError("there is no target; name it: --host http://127.0.0.1:3002")


def _on_init(environment: Environment, **_: Any) -> None:
    leads = role_of(environment).leads
    options: Any = environment.parsed_options
    try:
        user = _the_user(environment)
        plan = plan_of(options, user.profile)
        _check_host(environment.host or user.host, plan, needed=leads and options.headless)
        if leads and user.profile and user.profile.faults and PLAN_VARIABLE not in os.environ:
            note("the faults of this profile are left out; `seatrial load run` applies them")
        _check_user(user)
        keys = _keys_of(user, plan) if leads else ()
    except UsageError as error:
        say(error)
        sys.exit(error.exit_code)

    def read_plan() -> LoadPlan:
        return plan if options.headless else plan_of(options, user.profile)

    if options.headless:
        # The plan ends the run: Locust's own timer would cut off what is still in flight.
        options.run_time = None
    join(environment, RunSpec(user.__name__, read_plan, keys, user.assertions, user.profile))
    extend_page(environment)


_events: Any = locust.events  # which have no types
_events.init_command_line_parser.add_listener(_add_options)
_events.init.add_listener(_on_init)
listen(_events)
