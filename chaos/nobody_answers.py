"""Nobody answers: connections are refused, or attempts hang."""

from seatrial.checks import COUNTS_EVERY_KIND, KINDS, RETRIES_EVERY_KIND, phases, tolerance_s
from seatrial.faults import down
from seatrial.scenarios import LiveEdge, failing_round, open_by_status, scenario
from seatrial.tap import Hang, Rule

_NAMES = ("refused", "hang")


@scenario(
    checks=[RETRIES_EVERY_KIND, COUNTS_EVERY_KIND],
    phases=[
        phases.FAILING,
        phases.OPEN,
        *(KINDS[name].failing for name in _NAMES),
        *(KINDS[name].after for name in _NAMES),
    ],
    requires=["retry.attempt_timeout_s"],
    tags=["kinds"],
    entities=100,
)
async def nobody_answers(edge: LiveEdge) -> None:
    """Connections are refused, and attempts time out: each is a failure as a 503 is."""
    retry = edge.policy.retry
    assert retry is not None
    await open_by_status(edge)
    await failing_round(edge, KINDS["refused"], down())
    bound_s = retry.attempt_timeout_s or 1.0
    hang = Hang(hang_s=bound_s + tolerance_s(bound_s) + 1)
    await failing_round(edge, KINDS["hang"], Rule(match=edge.match, do=hang))
