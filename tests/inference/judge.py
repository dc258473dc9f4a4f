"""Judge what was inferred: right, wrong or undecided. Pure: it is tested on planted results."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.inference.truth import Truth, Truths, Value

_RELATIVE, _ABSOLUTE_S = 0.1, 0.05
_ROUNDED_S = 0.005


class Verdict(StrEnum):
    """What a statement is worth."""

    RIGHT = "right"
    WRONG = "wrong"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Judged:
    """One statement about a consumer."""

    name: str
    verdict: Verdict
    truth: str
    said: str
    why: str = ""


def parameters(inferred: Mapping[str, Mapping[str, Any]], truths: Truths) -> Iterator[Judged]:
    """Judge each parameter that the wire shows, and whatever else was stated and isn't so."""
    for name, truth in truths.items():
        found = inferred.get(name)
        verdict = Verdict.UNDECIDED if found is None else _verdict(found, truth)
        if truth.identifiable or verdict is Verdict.WRONG:
            why = "" if found is None else str(found.get("why", ""))
            yield Judged(name, verdict, _named(truth.value), _said(found), why)


def _verdict(found: Mapping[str, Any], truth: Truth) -> Verdict:
    match found["certainty"]:
        case "measured":
            return Verdict.RIGHT if _same(found["value"], truth) else Verdict.WRONG
        case "absent":
            return Verdict.RIGHT if truth.value in (None, False, 0, "none") else Verdict.WRONG
        case "bounded":
            return _bounded(found.get("low"), found.get("high"), truth)
    return Verdict.UNDECIDED


def _same(value: Any, truth: Truth) -> bool:
    if truth.value is None:
        return False
    if isinstance(truth.value, tuple):
        return isinstance(value, list | tuple) and sorted(value) == list(truth.value)
    if truth.kind == "exact" or not isinstance(value, int | float):
        return bool(value == truth.value)
    return abs(value - _number(truth.value)) <= _slack(truth)


def _slack(truth: Truth) -> float:
    relative = _RELATIVE * _number(truth.value)
    return relative if truth.kind == "factor" else max(relative, _ABSOLUTE_S)


def _bounded(low: float | None, high: float | None, truth: Truth) -> Verdict:
    """An interval without the truth is wrong; "at least" is all that can be said of what isn't."""
    if truth.value is None:
        return Verdict.RIGHT if high is None else Verdict.WRONG
    if isinstance(truth.value, str | tuple):
        return Verdict.UNDECIDED
    value = _number(truth.value)
    around = _ROUNDED_S if truth.kind == "time" else 0.01
    if (low is not None and value < low - around) or (high is not None and value > high + around):
        return Verdict.WRONG
    return Verdict.RIGHT if value == 0 and high is not None else Verdict.UNDECIDED


def _number(value: Value | None) -> float:
    assert isinstance(value, int | float)
    return float(value)


def _named(value: Value | None) -> str:
    return "absent" if value is None else str(value)


def _said(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "not looked for"
    if found["certainty"] == "measured":
        return f"{found['value']}"
    if found["certainty"] == "bounded":
        low, high = found.get("low"), found.get("high")
        return f"{'' if low is None else f'{low:.3g}'}..{'' if high is None else f'{high:.3g}'}"
    return str(found["certainty"])


def behaviour(
    matrix: Mapping[str, Mapping[str, Any]], attempts: Mapping[str, int]
) -> Iterator[Judged]:
    """Judge the number of attempts of each kind of failure."""
    for kind, truth in attempts.items():
        said = matrix.get(kind, {}).get("attempts")
        verdict = Verdict.UNDECIDED
        if said is not None:
            verdict = Verdict.RIGHT if said == truth else Verdict.WRONG
        yield Judged(f"behaviour.{kind}.attempts", verdict, str(truth), str(said))


def findings(found: Sequence[Mapping[str, Any]], deserved: Mapping[str, bool]) -> Iterator[Judged]:
    """Judge findings: one that isn't deserved is wrong; a deserved one that lacks is undecided."""
    said = {one["id"]: one for one in found}
    for name, is_deserved in deserved.items():
        if is_deserved == (name in said):
            verdict = Verdict.RIGHT
        else:
            verdict = Verdict.UNDECIDED if is_deserved else Verdict.WRONG
        if is_deserved or name in said:
            evidence = str(said.get(name, {}).get("evidence", ""))
            yield Judged(
                f"findings.{name}",
                verdict,
                "deserved" if is_deserved else "not deserved",
                "found" if name in said else "not found",
                evidence,
            )
