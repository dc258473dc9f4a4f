"""What the consumer's caller sees, so that two answers can be told apart or not.

What differs between two answers to the same (a time, a number of its own) says nothing: of such a
place only the kind of its value is compared.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.checks import Call, Outcome
from seatrial.pacts import Reaction
from seatrial.recording.entities import in_value

_OF_THE_WIRE = frozenset(
    (
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
        "traceparent",
        "x-request-id",
        "x-trace-id",
    )
)
_SHOWN_CHARS = 160
_PLACEHOLDER = "{id}"
_ABSENT = object()
_TOKENS = re.compile(r"\w+|\W")


@dataclass(frozen=True)
class View:
    """One answer of the consumer, about whatever entity."""

    outcome: Outcome
    leaves: Mapping[str, Any]
    """Place → value: the status, each header, each field of the body."""
    shown: str
    """Status and the beginning of the body, in words."""


def view(call: Call, answer: httpx.Response | None) -> View:
    """Return what a caller sees, with the call's entity taken out."""
    if answer is None:
        return View(call.outcome, {"status": None}, call.detail or "no answer")
    leaves: dict[str, Any] = {"status": answer.status_code}
    for name, value in answer.headers.items():
        if name.lower() not in _OF_THE_WIRE:
            leaves[f"header {name.lower()}"] = in_value(value, call.entity, _PLACEHOLDER)
    body = answer.content
    try:
        document = in_value(json.loads(body), call.entity, _PLACEHOLDER)
    except (ValueError, RecursionError):
        text = in_value(body.decode("utf-8", "replace"), call.entity, _PLACEHOLDER)
        leaves |= {f"text {place}": part for place, part in enumerate(_TOKENS.findall(text))}
    else:
        leaves |= dict(_flat(document, "$"))
    said = " ".join(body[:_SHOWN_CHARS].decode("utf-8", "replace").split())
    return View(call.outcome, leaves, f"{answer.status_code} {said}".strip())


def _flat(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}")
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from _flat(inner, f"{place}[{index}]")
    else:
        yield place, value


class Steady:
    """What stays the same of a consumer's answers while nothing is changed."""

    def __init__(self, views: Sequence[View]) -> None:
        """Take several answers to the same."""
        places = {place for one in views for place in one.leaves}
        self._varying = {
            place
            for place in places
            if len({_key(one.leaves.get(place, _ABSENT)) for one in views}) > 1
        }
        self.outcome: Outcome = views[0].outcome
        self.leaves = self.steady(views[0])
        self.agrees = all(one.outcome == self.outcome for one in views)
        """False where the consumer's answers aren't even of one kind."""

    def reaction(self, one: View) -> Reaction:
        """Return an answer as the reaction of a consumer: another outcome is its error."""
        if one.outcome != self.outcome:
            return Reaction(error=outcome_name(one.outcome), message=one.shown, verb="says")
        return Reaction(self.steady(one))

    @property
    def before(self) -> Reaction:
        """The reaction to what nothing was changed in."""
        return Reaction(self.leaves)

    def differences(self, one: View) -> frozenset[str]:
        """Return the places in which an answer differs."""
        leaves = self.steady(one)
        return frozenset(
            place
            for place in leaves.keys() | self.leaves.keys()
            if leaves.get(place, _ABSENT) != self.leaves.get(place, _ABSENT)
        )

    def steady(self, one: View) -> dict[str, Any]:
        """Return what can be compared of an answer: place → value."""
        return {
            place: type(value).__name__ if place in self._varying else _key(value)
            for place, value in one.leaves.items()
        }


def outcome_name(outcome: Outcome) -> str:
    """Return an outcome as results name it: what the edge doesn't declare is undeclared."""
    return "undeclared" if outcome == "other" else outcome


def _key(value: object) -> object:
    """A value that `==` tells from others as JSON does: 1 isn't true, and 1.0 isn't 1."""
    return value if value is _ABSENT else (type(value).__name__, json.dumps(value))
