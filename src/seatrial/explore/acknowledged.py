"""What was acknowledged to the journey, and is gone: a write that a crash or a failure lost."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from urllib.parse import unquote

from seatrial.explore.kinds import UNSAFE, status_of
from seatrial.explore.model import Fault, Violation
from seatrial.explore.naming import leaves
from seatrial.explore.system import NoAnswer, Step, System

MISSING = (404, 410)
_DONE = (200, 201)
"""A 202 acknowledges that it was asked for, and not that it was done."""


async def lost(
    system: System, steps: Sequence[Step], usual: Sequence[Step], injected: Sequence[Fault]
) -> list[Violation]:
    """Ask again for what was acknowledged and then not found: it may only have been late.

    Args:
        system: as it is after the recovery.
        steps: see `unkept`.
        usual: see `unkept`.
        injected: see `unkept`.
    """
    found = []
    for step, made in unkept(steps, usual, injected):
        path = f"{step.path}?{step.query}" if step.query else step.path
        with suppress(NoAnswer):
            again = await system.get(step.service, path, headers=dict(step.headers))
            if again.status_code in MISSING:
                said = f"{step} is answered {again.status_code}, after the recovery too;"
                said += f" step {made.number} was answered {made.status}"
                found.append(Violation("keeps-acknowledged", said, str(step)))
    return found


def unkept(
    steps: Sequence[Step], usual: Sequence[Step], injected: Sequence[Fault]
) -> Iterator[tuple[Step, Step]]:
    """Yield the steps that didn't find what an earlier one had made, with that one.

    Args:
        steps: of a run.
        usual: of the run without faults.
        injected: the faults; nothing is said where one of them was that there is none.
    """
    if any(status_of(one.kind) in MISSING for one in injected):
        return
    acknowledged: dict[str, Step] = {}
    for step, before in zip(steps, usual, strict=False):
        if step.method in UNSAFE and step.method != "DELETE" and step.status in _DONE:
            acknowledged |= dict.fromkeys(leaves(step.content), step)
            continue
        found_before = before.status is not None and before.status < 300
        if step.method == "GET" and step.status in MISSING and found_before:
            parts = [unquote(part) for part in step.path.split("/")]
            made = next((acknowledged[one] for one in parts if one in acknowledged), None)
            if made is not None:
                yield step, made
