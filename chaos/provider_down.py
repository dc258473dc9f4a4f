"""The provider goes away."""

from seatrial.checks import (
    ANSWERS_AS_DECLARED_WHILE_DOWN,
    ANSWERS_AS_DECLARED_WHILE_OPEN,
    ANSWERS_IN_TIME,
    FAILS_FAST_WHILE_OPEN,
    OPENS_AT_THRESHOLD,
    RETRY_AFTER_FITS,
    STAYS_CLOSED_BELOW_THRESHOLD,
    phases,
)
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, scenario


@scenario(
    checks=[
        STAYS_CLOSED_BELOW_THRESHOLD,
        OPENS_AT_THRESHOLD,
        ANSWERS_AS_DECLARED_WHILE_DOWN,
        ANSWERS_AS_DECLARED_WHILE_OPEN,
        FAILS_FAST_WHILE_OPEN,
        RETRY_AFTER_FITS,
        ANSWERS_IN_TIME,
    ],
    phases=[phases.NEARLY, phases.BELOW, phases.FAILING, phases.OPEN],
    tags=["breaker", "run"],
)
async def provider_down(edge: LiveEdge) -> None:
    """The provider goes away: the breaker opens after the declared failures, and sends nothing.

    A refused connection leaves no trace, so the fault is removed at once: whatever the consumer
    still sends while its breaker is declared open is then seen. Nor does it show when a call failed
    whose waits are long, so the last failure is a status: from there on it may be open.
    """
    breaker = edge.policy.breaker
    fault = down() if edge.policy.counts("connection_errors") else edge.failing
    if edge.calls_to_open > 1 and (breaker is None or breaker.rate is None):
        async with edge.fault(fault):
            await edge.calls(phases.NEARLY, edge.calls_to_open - 2)
        async with edge.fault(edge.failing_at_once):
            await edge.call(phases.NEARLY)
        await edge.call(phases.BELOW)
    async with edge.fault(fault):
        await edge.calls(phases.FAILING, edge.calls_to_open - 1)
    async with edge.fault(edge.failing_at_once):
        await edge.call(phases.FAILING)
    if breaker is not None:
        await edge.calls(phases.OPEN, 12)
