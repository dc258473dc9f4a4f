"""Rounds of one kind of failure: enough of them to open the breaker, then calls with all well."""

from seatrial.checks import FailureKind, ScenarioPhase, phases
from seatrial.faults import FaultSpec
from seatrial.scenarios.edge import LiveEdge
from seatrial.tap import Rule
from seatrial.wires import AnyFault

_AFTER = 2


async def open_by_status(edge: LiveEdge) -> None:
    """Show that it opens at all, by a status that counts as a failure, and close it again."""
    async with edge.fault(edge.failing):
        await _failing(edge, phases.FAILING, edge.calls_to_open)
    await edge.calls(phases.OPEN, _AFTER)
    await well_again(edge, phases.FAILING)


async def failing_round(edge: LiveEdge, kind: FailureKind, *faults: AnyFault) -> None:
    """Let calls fail in one way, call again with all well, and wait until the breaker is closed.

    Args:
        edge: where.
        kind: the phases to make them in.
        faults: one of the network, or rules of HTTP: the first that is due takes an attempt.
    """
    count = edge.calls_to_open_by(kind.cause)
    if isinstance(faults[0], FaultSpec):
        async with edge.fault(faults[0]):
            await _failing(edge, kind.failing, count)
    else:
        async with edge.plan(*(one for one in faults if isinstance(one, Rule))):
            await _failing(edge, kind.failing, count)
    await edge.calls(kind.after, _AFTER)
    await well_again(edge, kind.failing)


async def _failing(edge: LiveEdge, phase: ScenarioPhase, count: int) -> None:
    breaker = edge.policy.breaker
    if breaker is not None and breaker.order == "inside-retry":
        await edge.calls(phase, count)
    else:
        await edge.calls_concurrently(phase, count)


async def well_again(edge: LiveEdge, phase: ScenarioPhase) -> None:
    """Wait until a breaker that this phase's calls opened is closed again, all being well."""
    breaker = edge.policy.breaker
    await edge.open_time_over(phase)
    await edge.calls(phases.SETTLING, breaker.successes + 1 if breaker else 1)
