"""The provider refuses many requests."""

from seatrial.checks import REFUSAL_IS_NO_FAILURE, phases
from seatrial.scenarios import LiveEdge, scenario, well_again
from seatrial.tap import Status

_REFUSALS = (400, 401, 403, 409)


@scenario(
    checks=[REFUSAL_IS_NO_FAILURE],
    phases=[phases.REFUSED_OFTEN, phases.AFTER_REFUSALS, phases.FAILING, phases.OPEN],
    requires=["breaker", "failures"],
    tags=["breaker", "refusals"],
    entities=120,
)
async def refused_often(edge: LiveEdge) -> None:
    """The provider refuses one request after another: it works, and the breaker stays closed.

    As many failures then do open it.
    """
    breaker, failures = edge.policy.breaker, edge.policy.failures
    assert breaker is not None
    assert failures is not None
    for status in _REFUSALS:
        if not failures.counts(status):
            async with edge.fault(Status(status=status)):
                await edge.calls(phases.REFUSED_OFTEN, min(breaker.failures_to_open + 1, 20))
            after = await edge.call(phases.AFTER_REFUSALS)
            if after.outcome != "good":  # a breaker that this opened is to show that it is one
                await well_again(edge, phases.REFUSED_OFTEN)
    async with edge.fault(edge.failing):
        await edge.failing_calls()
        await edge.calls(phases.OPEN, 2)
