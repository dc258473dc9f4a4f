"""The difference between a policy as it was inferred and as it is declared."""

from collections.abc import Iterator
from typing import Any

from seatrial.config import DeclaredPolicy
from seatrial.infer.experiment import Known
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.results import Check, Verdict

_RELATIVE, _ABSOLUTE_S = 0.1, 0.05
"""Times that differ by less are the same."""


def compare(edge: str, subject: str, known: Known, declared: DeclaredPolicy) -> Iterator[Check]:
    """Check each declared parameter against what was found."""
    for name, value in _declared(declared):
        found = known.parameters.get(name)
        verdict, text = (
            (Verdict.UNDECIDED, f"declared as {value}, and not looked for")
            if found is None
            else _judge(value, found)
        )
        yield Check(
            id=f"infer.{edge}.{name}",
            subject=subject,
            verdict=verdict,
            explanation=text,
            rerun=f"seatrial infer {edge} --diff seatrial.toml",
        )


def _declared(policy: DeclaredPolicy) -> Iterator[tuple[str, Any]]:
    for section, value in policy:
        if value is None or section == "wire":  # the short values of runs in real time
            continue
        if not hasattr(value, "model_fields_set"):
            yield section, value
            continue
        for key, one in value:
            if one is not None and key in value.model_fields_set and key != "like":
                yield f"{section}.{key}", one


def _judge(declared: Any, found: Inferred) -> tuple[Verdict, str]:
    said = f"declared as {declared}"
    if found.certainty is Certainty.ABSENT:
        return Verdict.FAILED, f"{said}, and isn't there: {found.why}"
    if found.certainty is Certainty.UNDECIDED and found.value is None:
        return Verdict.UNDECIDED, f"{said}; {found.why}"
    if isinstance(declared, float | int) and not isinstance(declared, bool):
        low = float("-inf") if found.low is None else found.low
        high = float("inf") if found.high is None else found.high
        tolerance = max(_ABSOLUTE_S, _RELATIVE * declared) if isinstance(declared, float) else 0.0
        if not found.is_measured:
            # What lies outside is another value: the bounds are sure, but for what a timer is off.
            off = min(tolerance, _ABSOLUTE_S)
            if low - off <= declared <= high + off:
                return Verdict.UNDECIDED, f"{said}, which is within the bounds: {found.why}"
        elif low <= declared <= high or _is_near(found.value, declared, tolerance):
            return Verdict.PASSED, f"{said}, found as {found.value}: {found.why}"
        return (
            Verdict.FAILED,
            f"{said}, found as {found.value or f'{low:g} to {high:g}'}: {found.why}",
        )
    if found.certainty is Certainty.BOUNDED or found.value is None:
        return Verdict.UNDECIDED, f"{said}; {found.why}"
    if declared == found.value:
        return Verdict.PASSED, f"{said}: {found.why}"
    return Verdict.FAILED, f"{said}, found as {found.value}: {found.why}"


def _is_near(value: object, declared: float, tolerance: float) -> bool:
    return isinstance(value, float | int) and abs(value - declared) <= tolerance
