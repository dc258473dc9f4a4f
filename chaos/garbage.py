"""The provider answers nonsense with a good status."""

from seatrial.checks import (
    BROKEN_SCHEMA_IS_NEVER_GOOD,
    FAILURES_ARE_NOT_CACHED,
    GARBAGE_IS_NEVER_GOOD,
    ScenarioPhase,
    phases,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Action, AnotherSchema, Body, BrokenJson, EmptyBody, HalfBody, Status

GARBAGE: tuple[Action, ...] = (
    Body(text="<html>It works!</html>"),
    BrokenJson(),
    EmptyBody(),
    HalfBody(),
)
SCHEMAS: tuple[Action, ...] = (
    Body(json_body={}),
    Body(json_body=[]),
    Body(json_body=None),
    AnotherSchema(),
)


@scenario(
    checks=[GARBAGE_IS_NEVER_GOOD, BROKEN_SCHEMA_IS_NEVER_GOOD, FAILURES_ARE_NOT_CACHED],
    phases=[
        phases.GARBAGE,
        phases.BROKEN_SCHEMA,
        phases.FAILED,
        phases.AGAIN,
        phases.BETWEEN,
    ],
    tags=["answers", "run"],
)
async def garbage(edge: LiveEdge) -> None:
    """The provider answers 200 with nonsense, or another schema: nobody is given it as good.

    Once it is well again, the same users are asked for again: no failure was kept.
    """
    fed: list[tuple[ScenarioPhase, Action]] = [(phases.GARBAGE, action) for action in GARBAGE]
    fed += [(phases.BROKEN_SCHEMA, action) for action in SCHEMAS]
    fed.append((phases.FAILED, Status(status=edge.policy.failing_status)))
    for phase, action in fed:
        entity = edge.new_entity()
        async with edge.fault(action):
            await edge.call(phase, entity)
        if edge.calls_to_open == 1:
            await edge.open_time_over(phase)
        # Well again before the next one, so that no breaker opens.
        await edge.call(phases.AGAIN, entity)
        # Somebody nobody failed to look up: who isn't asked for either is held back by a breaker.
        await edge.calls(phases.BETWEEN, edge.calls_to_close)
