"""One run of a journey under a plan: driven, watched, judged, and the system brought back."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Protocol

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.explore.acknowledged import lost
from seatrial.explore.alternatives import Alternatives
from seatrial.explore.baseline import Baseline, bodies_of, observation
from seatrial.explore.contracts import Contracts, contracts_of, pacts_of
from seatrial.explore.driven import (
    Driven,
    in_background,
    open_client,
    outlives,
    settled,
    sporadic_uses,
)
from seatrial.explore.edges import tapped_edges
from seatrial.explore.fanout import BODIES_ALIKE, distinguishing_fields
from seatrial.explore.inside import errors_inside
from seatrial.explore.journeys import Invariant, Journey
from seatrial.explore.judging import Judge, Shown, Usual, effects
from seatrial.explore.model import Observation, Plan, Violation
from seatrial.explore.naming import Aliases, Template
from seatrial.explore.processes import Processes
from seatrial.explore.questions import Questions, quiet_system
from seatrial.explore.stores import StoreTaps
from seatrial.explore.system import Step, System, Way, is_json
from seatrial.explore.walking import walk
from seatrial.explore.watch import Reached, Watch

_AGAIN_S = 0.1
_FIRST_QUIET_S = 0.5
_QUIET_S = 0.2
_USES_QUIET_S = 0.1
_PLAIN: Plan = frozenset()
_TWICE = (
    ", when it is run a second time on the same system"
    " (system.number() makes names that are new each time)"
)
_LEAVES_NOTHING = {
    "answers",
    "answers-about-its-entity",
    "answers-as-declared",
    "answers-in-time",
    "hides-retried-failures",
    "journey",
    "one-effect",
    "passes-no-garbage",
}
"""When others are broken, the next run wouldn't begin where this one did."""


class Stands(Protocol):
    """A system that journeys are run on."""

    fresh: bool
    """Whether each run begins at the same moment, so that nothing needs a second look."""
    stores: StoreTaps
    urls: Mapping[str, str]

    @property
    def processes(self) -> Processes:
        """The services, to be killed."""
        ...

    @property
    def alternatives(self) -> Alternatives:
        """The faults of points, for one run."""
        ...

    async def start(self) -> None:
        """Start it."""
        ...

    async def restart(self) -> None:
        """Start it afresh."""
        ...

    def watched(self, watch: Watch) -> AbstractContextManager[None]:
        """Let a run's watch decide at all taps, for the time of a block."""
        ...


class JourneyRuns:
    """Runs one journey on a system that stands."""

    def __init__(
        self,
        config: Config,
        standing: Stands,
        journey: Journey,
        invariants: Sequence[Invariant],
        folder: Path,
    ) -> None:
        """Take what runs; nothing is sent yet.

        Args:
            config: with all policies.
            standing: the system.
            journey: to run.
            invariants: a project's own.
            folder: the configuration file's, where contracts are looked for.

        Raises:
            UsageError: a pact can't be read.
        """
        self._config = config
        self._standing = standing
        self._journey = journey
        self._questions = Questions(config, invariants)
        self._folder = folder
        self._pacts = pacts_of(folder, tapped_edges(config))
        self._contracts = Contracts()
        self._routes = declared_routes(config)
        self._baseline: Baseline | None = None
        self._confirmed: set[frozenset[Violation]] = set()
        """What was seen on processes that nothing else had used."""
        self._causes: set[object] = set()
        """Of these: a fault of another kind with the same cause is the same case."""

    async def observe(self, plan: Plan, reached: Reached | None = None) -> Observation:
        """Run the journey under a plan, and judge it.

        Args:
            plan: the faults.
            reached: is asked at each point under which plan the run goes on, where it's fresh.

        Raises:
            UsageError: the system can't be started, or the journey doesn't work without faults.
        """
        baseline = await self._usual()
        found = await self._once(plan, baseline, reached)
        if self._standing.fresh:
            return found
        if plan and found.injected != plan and not found.broke:
            # What an earlier run left behind may keep a request from being made.
            await self._standing.restart()
            found = await self._once(plan, baseline)
        if found.broke and found.cause not in self._causes:
            # The first time on processes that no earlier run has used; then it isn't they.
            if not self._leaves_nothing(found) or frozenset(found.broke) not in self._confirmed:
                await self._standing.restart()
            again = await self._once(plan, baseline)
            if not {one.invariant for one in found.broke} & {one.invariant for one in again.broke}:
                said = "; ".join(one.explanation for one in (*found.broke, *again.broke))
                await self._standing.restart()
                why = f"flaky: seen once in two runs: {said}"
                return replace(again, broke=(), undecided=why)
            found = again
            self._confirmed.add(frozenset(found.broke))
            self._causes.add(found.cause)
        if not self._leaves_nothing(found):
            await self._standing.restart()
        return found

    @staticmethod
    def _leaves_nothing(found: Observation) -> bool:
        return all(one.invariant in _LEAVES_NOTHING for one in found.broke)

    async def prepare(self) -> None:
        """Start the system and look at the journey without faults.

        Raises:
            UsageError: the system can't be started, or the journey doesn't work.
        """
        await self._usual()

    async def _once(
        self, plan: Plan, baseline: Baseline, reached: Reached | None = None
    ) -> Observation:
        began_s = time.monotonic()
        driven = await self._drive(plan, baseline, reached=reached)
        watch, steps = driven.watch, driven.steps
        injected = frozenset(watch.injected)
        shown = Shown(steps, watch.calls, watch.injected, self._standing.processes.outages)
        broke = [self._with_error(one, driven) for one in baseline.judge.judge(shown)]
        error_of, honest = self._standing.processes.error_of, self._config.explore.degraded
        inside = tuple(dict.fromkeys(errors_inside(watch.calls, error_of, honest)))
        judged = {one.where for one in broke}
        broke += [one for one in driven.broke if one.where not in judged]
        asked = await self._asked(baseline)
        # Also where nothing was injected: what is seen of runs that begin alike is compared.
        recovered = await self._recovered(driven, baseline)
        if died := self._standing.processes.endings():
            # What else doesn't work follows from that, at one moment or the other.
            broke = [one for one in broke if one.invariant != "answers"]
            broke.append(Violation("stays-up", died[0]))
        else:
            if injected:
                asked = asked or await self._asked(baseline)
            async with open_client() as client:
                urls, bound_s = self._standing.urls, baseline.judge.bound_s
                quiet = quiet_system(self._config, urls, bound_s, client, set())
                gone = await lost(quiet, steps, baseline.steps, watch.injected)
            broke += [*recovered, *asked, *gone]
        found = observation(
            self._journey.name,
            driven,
            baseline,
            broke,
            kinds_tried=self._config.explore.kinds,
            took_s=time.monotonic() - began_s,
        )
        looked_at = self._questions.looked_at
        doubt = None if broke else next(baseline.judge.doubts(shown, looked_at), None)
        return replace(found, undecided=doubt, inside=() if broke else inside)

    def _with_error(self, broken: Violation, driven: Driven) -> Violation:
        """Return a violation with the error that the first service to fail printed, if one did."""
        if broken.invariant != "answers-as-declared":
            return broken
        failed = [one.service for one in driven.steps if str(one) == broken.where and one.status]
        failed += [
            call.edge.provider
            for call in driven.watch.calls
            if (call.entry.provider_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
        ]
        for name in reversed(failed):
            if error := self._standing.processes.error_of(name):
                return replace(broken, printed=f"{name} printed {error}")
        return broken

    async def _usual(self) -> Baseline:
        """Return the journey as it goes without faults, run twice when it is first asked for."""
        if self._baseline is not None:
            return self._baseline
        await self._standing.start()
        self._contracts = await contracts_of(
            self._config,
            self._folder,
            self._standing.urls,
            self._pacts,
            self._routes,
        )
        self._routes += self._contracts.routes
        empty = Baseline(
            Judge(self._config, (), Counter()), frozenset(), (), BODIES_ALIKE, _FIRST_QUIET_S
        )
        runs: list[Driven] = []
        for again in ("", _TWICE):
            runs.append(await self._drive(_PLAIN, empty))
            if again:
                runs[-1].broke += await self._asked(empty)
            if wrong := self._wrong_without_faults(runs[-1]):
                raise UsageError(f"{self._broken}{again}: {'; '.join(wrong)}")
        first, second = runs
        usual = [Usual(step.status, is_json(step)) for step in second.steps]
        fixed = frozenset(first.watch.aliases.seen & second.watch.aliases.seen)
        telling = distinguishing_fields([bodies_of(one.watch, fixed) for one in runs])
        quiet_s = _QUIET_S if any(map(outlives, runs)) else 0.0
        uses_quiet_s = _QUIET_S if any(one.watch.uses for one in runs) else 0.0
        known = replace(
            empty, fixed=fixed, telling=telling, quiet_s=quiet_s, uses_quiet_s=uses_quiet_s
        )
        # Once more: what a request is called depends on what two runs were seen to have in common.
        named = await self._drive(_PLAIN, known)
        judge = Judge(self._config, usual, effects(named.watch.calls))
        self._baseline = replace(
            known,
            judge=judge,
            steps=tuple(second.steps),
            background=in_background(named),
            sporadic=sporadic_uses([*runs, named]),
        )
        return self._baseline

    def _wrong_without_faults(self, driven: Driven) -> list[str]:
        """Say what doesn't work, and what services printed then."""
        found = [driven.stopped] if driven.stopped else []
        found += [one.explanation for one in driven.broke]
        bad = HTTPStatus.BAD_REQUEST if found else HTTPStatus.INTERNAL_SERVER_ERROR
        found += [
            f"{step} was answered {step.status or step.error}"
            for step in driven.steps
            if (not driven.stopped if step.status is None else step.status >= bad)
        ]
        if found:
            errors = {name: self._standing.processes.error_of(name) for name in self._standing.urls}
            found += [f"{name} printed {error}" for name, error in errors.items() if error]
        return found

    @property
    def _broken(self) -> str:
        return f"the journey {self._journey.name} doesn't work without faults"

    async def _drive(
        self,
        plan: Plan,
        baseline: Baseline,
        after: Driven | None = None,
        reached: Reached | None = None,
    ) -> Driven:
        """Run the journey once, by itself or after it was in the same run."""
        standing = self._standing
        if after is None:
            await standing.stores.settled(_USES_QUIET_S)  # those are of the run before
        aliases = (
            after.watch.aliases.continued() if after else Aliases(baseline.fixed, self._routes)
        )
        known = Contracts() if after else self._contracts  # nothing is injected in a recovery
        watch = Watch(plan, aliases, standing.alternatives, known, baseline.telling, reached)
        standing.processes.forget()

        async def answered(step: Step) -> None:
            assert step.point is not None
            done = step.status is not None and step.status < 300
            if done and watch.answered(step.point, step.service, step.method):
                await standing.processes.crash(step.service)

        way = Way(
            config=self._config,
            urls=standing.urls,
            aliases=aliases,
            bound_s=lambda step: baseline.judge.bound_s(step) + 0.5,
            injected=lambda: watch.injected,
            answered=answered,
        )
        driven = Driven(way.steps, watch)
        quiet_s = baseline.quiet_s
        async with open_client() as client:
            with standing.watched(watch):
                await walk(self._journey, System(way, client), way, driven)
                plan = watch.walked()
                if after is None and not (plan and all(one.point.is_request for one in plan)):
                    quiet_s = max(quiet_s, baseline.uses_quiet_s)
                await settled(watch, quiet_s)
                await standing.processes.up()
        return driven

    async def _asked(self, baseline: Baseline) -> list[Violation]:
        return await self._questions.ask(self._standing.urls, baseline.judge.bound_s)

    async def _recovered(self, after: Driven, baseline: Baseline) -> list[Violation]:
        """Run the journey without faults until it goes as usual, or its time is over."""
        open_s = [
            edge.policy.breaker.open_s
            for edge in self._config.all_edges.values()
            if edge.policy.breaker is not None
        ]
        within_s = self._config.explore.recovers_within_s + max(open_s, default=0.0)
        until_s = time.monotonic() + within_s
        while True:
            driven = await self._drive(_PLAIN, baseline, [after, *after.recovery][-1])
            after.recovery.append(driven)
            wrong = self._unusual(driven, baseline)
            if not wrong or self._standing.processes.endings():
                return []  # nobody starts again what ended by itself: no time will bring it back
            if time.monotonic() >= until_s:
                return [
                    Violation(
                        "recovers", f"{within_s:g} s after the last fault {wrong[0]}", "recovery"
                    )
                ]
            await asyncio.sleep(_AGAIN_S)

    @staticmethod
    def _unusual(driven: Driven, baseline: Baseline) -> list[str]:
        """Say what doesn't go as usual."""
        wrong = [one.explanation for one in driven.broke]
        for step, usual in zip(driven.steps, baseline.steps, strict=False):
            if step.status != usual.status:
                wrong.append(f"{step} is answered {step.status}, and not {usual.status}")
        if driven.stopped:
            wrong.append(driven.stopped)
        if len(driven.steps) < len(baseline.steps):
            wrong.append(f"the journey ends after {len(driven.steps)} steps")
        return wrong


def declared_routes(config: Config) -> list[Template]:
    """Return the routes that the edges name."""
    requests = (
        one
        for edge in config.edges.values()
        for one in (edge.trigger, edge.upstream, edge.entity.making)
    )
    return [Template(one.method, one.path) for one in requests if one is not None]
