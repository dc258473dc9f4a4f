"""A scenario on one consumer, which was started for it and ends with it.

A consumer remembers: what it cached, how its breaker's window looks, what its retry budget has
left. Each scenario has a fresh one, so that its verdict is the same alone, in any order and in the
whole set.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from seatrial.checks import FEW_ENTRIES, MOST_ENTRIES, Evidence
from seatrial.config import Edge
from seatrial.errors import InvalidRun
from seatrial.scenarios.definition import Scenario
from seatrial.scenarios.live import live_edge
from seatrial.testbed import ServiceLogs, Testbed

_TO_SETTLE = 50
"""Entities more, for the calls that bring a consumer which isn't fresh back to where it began."""


class NotOnTheWire(InvalidRun):
    """The consumer could not be shown to be well, and on our wire."""


async def run_on_consumer(
    testbed: Testbed,
    scenario: Scenario,
    env: Mapping[str, str],
    keep_logs: Callable[[ServiceLogs], object] = lambda _: None,
) -> Evidence:
    """Run a scenario on a fresh consumer, or on the one that runs already; return what was seen.

    Args:
        testbed: starts the consumer.
        scenario: what is run.
        env: set on top of the consumer's environment.
        keep_logs: is given what the services print.

    Raises:
        NotOnTheWire: the consumer can't be started, or isn't on our wire.
        InvalidRun: it died of the scenario, or something else can't be trusted.
        UsageError: its command is wrong.
    """
    started = False
    try:
        # Entities first, so that the events of their making are over when the consumer listens.
        entities = await _entities(testbed, scenario)
        declared, own_env = _as_started(testbed, scenario)
        consumer = await testbed.fresh_consumer({**env, **own_env})
        try:
            await testbed.clock.sleep(max(0.0, testbed.budget_full_s - testbed.clock.now_s()))
            logs = testbed.logs(consumer)
            keep_logs(logs)
            waits: list[tuple[float, float]] = []

            def on_call() -> None:
                logs.mark()
                waits.append((testbed.clock.now_s(), testbed.waited_for_cpu_s(consumer)))

            async with live_edge(
                testbed,
                consumer,
                entities,
                scenario=scenario,
                declared=declared,
                on_call=on_call,
            ) as edge:
                started = True
                await scenario.run(edge)
                evidence = replace(await edge.evidence(), cpu_waits=tuple(waits))
        finally:
            await asyncio.to_thread(consumer.stop)
    except InvalidRun as error:
        if started:
            raise
        raise NotOnTheWire(str(error)) from None
    if not testbed.repeatable:
        testbed.budget_full_s = testbed.clock.now_s() + _spent_for_s(evidence)
    return evidence


def environment_of(
    testbed: Testbed, scenario: Scenario, env: Mapping[str, str]
) -> Mapping[str, str]:
    """Return what is set when a consumer is started for a scenario, on top of its own environment.

    Args:
        testbed: starts the consumer.
        scenario: that it is started for.
        env: of whom it is run on, the edge's consumer or a negative control.
    """
    return {**env, **_as_started(testbed, scenario)[1]}


def _as_started(testbed: Testbed, scenario: Scenario) -> tuple[Edge, Mapping[str, str]]:
    """Return the edge as its consumer is started for a scenario, and what is set for that."""
    edge, cache = testbed.edge, testbed.edge.policy.cache
    if not scenario.few_entries or cache is None or cache.max_entries_env is None:
        return edge, {}
    if not testbed.repeatable or (cache.max_entries or 0) <= MOST_ENTRIES:
        return edge, {}
    few = cache.model_copy(update={"max_entries": FEW_ENTRIES})
    policy = edge.policy.model_copy(update={"cache": few})
    return edge.model_copy(update={"policy": policy}), {cache.max_entries_env: str(FEW_ENTRIES)}


async def _entities(testbed: Testbed, scenario: Scenario) -> list[str]:
    count = scenario.entities_for(testbed.edge.policy)
    if testbed.repeatable:
        return await testbed.pool.take(count, own=scenario.own_entities)
    return await testbed.pool.take(count + _TO_SETTLE, own=True)


def _spent_for_s(evidence: Evidence) -> float:
    """Return for how long a scenario's retries are missing from its consumer's budget, seconds."""
    retry = evidence.policy.retry
    if retry is None or retry.budget is None:
        return 0.0
    return retry.budget.window_s if len(evidence.attempts) > len(evidence.calls) else 0.0
