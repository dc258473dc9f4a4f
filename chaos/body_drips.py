"""The provider's answer never ends."""

from seatrial.checks import (
    ATTEMPT_TIMEOUT_COVERS_BODY,
    HANGING_ANSWERS_IN_TIME,
    phases,
    tolerance_s,
)
from seatrial.scenarios import LiveEdge, scenario
from seatrial.tap import Drip

_BYTES = 40
"""So many pieces, so that each comes long before an attempt's time is over."""


@scenario(
    checks=[ATTEMPT_TIMEOUT_COVERS_BODY, HANGING_ANSWERS_IN_TIME],
    phases=[phases.DRIPPING],
    requires=["retry.attempt_timeout_s"],
    tags=["time"],
)
async def body_drips(edge: LiveEdge) -> None:
    """The head comes at once and the body a byte at a time: each read is quick, the whole is not.

    A timeout that each read restarts never ends it.
    """
    retry = edge.policy.retry
    assert retry is not None
    bound_s = retry.attempt_timeout_s or 1.0
    whole_s = bound_s + tolerance_s(bound_s) + 1
    drip = Drip(interval_s=whole_s / _BYTES, json_body={"text": "x" * _BYTES})
    async with edge.fault(drip):
        await edge.calls_concurrently(phases.DRIPPING, 2)
