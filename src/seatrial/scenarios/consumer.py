"""A consumer that is told stories: started when one begins, kept while none has changed it."""

import asyncio
from collections.abc import Mapping

from seatrial.checks import Evidence
from seatrial.errors import InvalidRun
from seatrial.scenarios.live import live_edge
from seatrial.scenarios.scenario import Scenario
from seatrial.testbed import Consumer, Testbed

_TO_SETTLE = 50
"""Entities more, for the calls that bring a consumer which isn't fresh back to where it began."""


class ConsumerHandle:
    """One consumer of a testbed, and after it the next one, with the same environment."""

    def __init__(self, testbed: Testbed, env: Mapping[str, str]) -> None:
        """Take where it plays; nothing is started yet.

        Args:
            testbed: the wire.
            env: set on top of the consumer's environment.
        """
        self.was_on_the_wire = False
        """Whether one of them ever proved to be on our wire."""
        self._testbed = testbed
        self._env = env
        self._consumer: Consumer | None = None
        self._given = 0

    async def play(self, scenario: Scenario) -> Evidence:
        """Tell a story, to the consumer that is there or to a fresh one; what was seen.

        Raises:
            InvalidRun: it can't be started, isn't on our wire, or died of the story.
            UsageError: its command is wrong.
        """
        kept = self._consumer is not None
        try:
            return await self._play(scenario)
        except _NotOnTheWire as error:
            await self.leave()
            if not kept:
                raise InvalidRun(str(error)) from None
        # It was, before the last story: that has changed it after all.
        try:
            return await self._play(scenario)
        except _NotOnTheWire as error:
            raise InvalidRun(str(error)) from None

    async def leave(self) -> None:
        """End the consumer."""
        consumer, self._consumer, self._given = self._consumer, None, 0
        if consumer is not None:
            await asyncio.to_thread(consumer.stop)

    async def _play(self, scenario: Scenario) -> Evidence:
        # Entities first, so that the events of their making are over when the consumer listens.
        own = scenario.own_entities or not self._testbed.repeatable
        count = scenario.entities + (0 if self._testbed.repeatable else _TO_SETTLE)
        entities = await self._testbed.pool.take(count, after=self._given, own=own)
        if self._consumer is None:
            self._consumer = await self._testbed.fresh_consumer(self._env)
        self._given += 0 if own else count
        clock = self._testbed.clock
        await clock.sleep(max(0.0, self._testbed.budget_full_s - clock.now_s()))
        reached = False
        try:
            async with live_edge(
                self._testbed, self._consumer, entities, scenario=scenario
            ) as edge:
                reached = self.was_on_the_wire = True
                await scenario.run(edge)
                evidence = await edge.evidence()
                if not self._testbed.repeatable:
                    self._testbed.budget_full_s = clock.now_s() + _spent_for_s(evidence)
                return evidence
        except InvalidRun as error:
            if reached:
                raise
            raise _NotOnTheWire(str(error)) from None


def _spent_for_s(evidence: Evidence) -> float:
    """For how long the retries of a story are missing from its consumer's budget, seconds."""
    retry = evidence.policy.retry
    if retry is None or retry.budget is None:
        return 0.0
    has_retried = any(len(evidence.attempts_of(call)) > 1 for call in evidence.calls)
    return retry.budget.window_s if has_retried else 0.0


class _NotOnTheWire(Exception):  # noqa: N818 - what was seen of a consumer, no error of ours
    """It could not be shown to be well, and on our wire."""
