"""The provider does what it was asked to, and its answer is lost."""

from seatrial.checks import (
    HIDES_LOST_ANSWERS,
    NEVER_REPEATS_UNSAFE,
    SAME_KEY_ON_EVERY_ATTEMPT,
    phases,
)
from seatrial.scenarios import EdgeFeature, LiveEdge, scenario
from seatrial.tap import LoseThenRepeat

_CALLS = 4


@scenario(
    checks=[NEVER_REPEATS_UNSAFE, SAME_KEY_ON_EVERY_ATTEMPT, HIDES_LOST_ANSWERS],
    phases=[phases.LOST],
    requires=["retry", "idempotency", EdgeFeature.UNSAFE_UPSTREAM],
    tags=["retry", "money"],
)
async def answer_lost(edge: LiveEdge) -> None:
    """The provider charges and its answer is lost: it is asked again, under the same key.

    Only so does it know that this charge was made: another key is another charge.
    """
    async with edge.fault(LoseThenRepeat()):
        for _ in range(_CALLS):
            await edge.call(phases.LOST)
