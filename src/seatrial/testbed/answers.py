"""How a consumer's answers are read: by what its edge declares of them."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from seatrial.checks import Outcome
from seatrial.config import DeclaredAnswer, Edge


class Reader:
    """Recognises a consumer's answers, as its edge declares them."""

    def __init__(self, edge: Edge) -> None:
        """Take the edge; the more special of two answers that look alike comes first."""
        optional: dict[Outcome, DeclaredAnswer | None] = {
            "stale": edge.stale,
            "degraded": edge.degraded,
            "cached": edge.cached,
        }
        self._declared: dict[Outcome, DeclaredAnswer] = {
            outcome: answer for outcome, answer in optional.items() if answer is not None
        }
        self._declared |= {"good": edge.good, "missing": edge.missing, "failed": edge.failed}
        others = [one for outcome, one in self._declared.items() if outcome != "missing"]
        shared = any({*one.status} & {*edge.missing.status} for one in others)
        is_said = "missing" in edge.model_fields_set and not shared
        self._unsaid: frozenset[Outcome] = frozenset(() if is_said else ("missing",))
        self._entity = edge.good.entity

    @property
    def outcomes(self) -> frozenset[Outcome]:
        """The answers that are declared, and can be distinguished."""
        return frozenset(self._declared) - self._unsaid

    @property
    def shows_entity(self) -> bool:
        """Whether a good answer says which entity it is about."""
        return self._entity is not None

    def outcome(self, answer: httpx.Response | None) -> Outcome:
        """What an answer is, "other" where it is none of the declared ones."""
        if answer is None:
            return "other"
        for outcome, declared in self._declared.items():
            if looks_like(answer, declared):
                return outcome
        return "other"

    def entity(self, answer: httpx.Response | None) -> str | None:
        """The entity that an answer says it is about."""
        if answer is None or self._entity is None:
            return None
        found = field(_json(answer), self._entity)
        return None if found is None else str(found)


def looks_like(answer: httpx.Response, declared: DeclaredAnswer) -> bool:
    """Whether an answer has a declared status, and the declared fields."""
    if answer.status_code not in declared.status:
        return False
    if not declared.fields:
        return True
    body = _json(answer)
    return all(field(body, name) == value for name, value in declared.fields.items())


def field(body: Any, name: str) -> Any:
    """A field of a JSON object, a dot going into an inner one; None where there is none."""
    for part in name.split("."):
        if not isinstance(body, Mapping):
            return None
        body = body.get(part)
    return body


def _json(answer: httpx.Response) -> Any:
    try:
        return json.loads(answer.content)
    except (ValueError, RecursionError):
        return None
