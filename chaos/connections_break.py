"""Connections break: before the answer, without a byte, and within it."""

from seatrial.checks import COUNTS_EVERY_KIND, KINDS, RETRIES_EVERY_KIND, phases
from seatrial.scenarios import LiveEdge, failing_round, open_by_status, scenario
from seatrial.tap import Close, HalfBody, Reset, Rule

_KINDS = {
    "reset": Reset(),
    "closed": Close(),
    "reset-within": HalfBody(then="reset"),
    "truncated": HalfBody(),
}


@scenario(
    checks=[RETRIES_EVERY_KIND, COUNTS_EVERY_KIND],
    phases=[
        phases.FAILING,
        phases.OPEN,
        *(KINDS[name].failing for name in _KINDS),
        *(KINDS[name].after for name in _KINDS),
    ],
    requires=["retry"],
    tags=["kinds"],
    entities=150,
)
async def connections_break(edge: LiveEdge) -> None:
    """Connections are reset, closed without a byte, and broken off: each is a failure as a 503 is.

    Some HTTP libraries send a request once more by themselves: that is seen too.
    """
    await open_by_status(edge)
    for name, action in _KINDS.items():
        await failing_round(edge, KINDS[name], Rule(match=edge.match, do=action))
