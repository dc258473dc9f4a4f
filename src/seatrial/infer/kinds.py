"""The kinds of failure that a provider is made to show, as rows of the behaviour matrix."""

from collections.abc import Mapping

from seatrial.faults import down
from seatrial.tap import Action
from seatrial.tap.actions import ACTIONS
from seatrial.wires import AnyFault

STATUSES = (400, 401, 403, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504)
NEUTRAL = ("400", "401", "403", "404", "409")
"""Answers about the request itself, which say nothing of the provider's health."""


def _action(kind: str, **options: object) -> Action:
    return ACTIONS[kind].model_validate({"kind": kind, **options})


KINDS: Mapping[str, AnyFault] = {
    "refused": down(),
    "closed": _action("close"),
    "reset": _action("reset"),
    "reset_midway": _action("half_body", then="reset"),
    "hang": _action("hang"),
    **{str(status): _action("status", status=status) for status in STATUSES},
    "garbage": _action("body", text="<html>It works!</html>"),
    "truncated": _action("half_body"),
    "empty_body": _action("empty_body"),
    "lost_answer": _action("forward_then", then="close"),
}
"""By name: the fault that makes it."""
