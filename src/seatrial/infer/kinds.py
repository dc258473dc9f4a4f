"""The kinds of failure that a provider is made to show, as rows of the behaviour matrix."""

from collections.abc import Mapping

from seatrial.faults import down
from seatrial.tap import ACTIONS, Action
from seatrial.wires import AnyFault

STATUSES = (400, 401, 403, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504)
NEUTRAL = ("400", "401", "403", "404", "409")
"""Answers about the request itself, which say nothing of the provider's health."""

SETTLING_KINDS = ("503", "500", "502", "504")
"""Statuses that clients take for a failure of the provider."""
CONNECTION_KINDS = ("closed", "reset")
"""The connection ends without an answer; some HTTP libraries resend by themselves then."""
REPEATED = (*SETTLING_KINDS, "429", *CONNECTION_KINDS)
"""Kinds that a retry is looked at with: the first of them that is repeated."""


def http(kind: str, **options: object) -> Action:
    """Make a fault of HTTP."""
    return ACTIONS[kind].model_validate({"kind": kind, **options})


KINDS: Mapping[str, AnyFault] = {
    "refused": down(),
    "closed": http("close"),
    "reset": http("reset"),
    "reset_midway": http("half_body", then="reset"),
    "hang": http("hang"),
    **{str(status): http("status", status=status) for status in STATUSES},
    "garbage": http("body", text="<html>It works!</html>"),
    "truncated": http("half_body"),
    "empty_body": http("empty_body"),
    "lost_answer": http("forward_then", then="close"),
}
"""By name: the fault that makes it."""
