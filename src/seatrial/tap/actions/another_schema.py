"""The provider's own JSON answer with another shape: well-formed, with 200, and not as agreed."""

import json
from copy import deepcopy
from typing import Annotated, Any, Literal, Self

from pydantic import Field, JsonValue, model_validator

from seatrial.results import Model
from seatrial.tap.actions.base import Answering, Exchange


class JsonChange(Model):
    """One change of a JSON document."""

    op: Literal["remove", "null", "retype", "rename", "wrap", "replace"]
    """`retype`: another JSON type; `rename`: the member's key; `wrap`: in an array."""
    at: Annotated[str, Field(max_length=500, pattern=r"^(/[^/]*)*$")] = ""
    """Where, as a JSON pointer; "*" in it is each member of an object or array."""
    value: JsonValue = None
    """For `replace`: what comes there."""

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if not self.at and self.op in ("remove", "rename"):
            raise ValueError(f'{self.op} needs a place in the document: at = "/field"')
        return self

    def made(self, document: Any) -> Any:
        """A document with this change; the same where the place isn't there."""
        keys = [_unescaped(key) for key in self.at.split("/")[1:]]
        return self._made(document, keys)

    def _made(self, value: Any, keys: list[str]) -> Any:
        if not keys:
            return self._here(value)
        if isinstance(value, dict):
            return self._in_object(value, keys)
        if isinstance(value, list):
            return self._in_array(value, keys)
        return value

    def _in_object(self, value: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, inner in value.items():
            if keys[0] not in ("*", key):
                made[key] = inner
            elif len(keys) > 1 or self.op not in ("remove", "rename"):
                made[key] = self._made(inner, keys[1:])
            elif self.op == "rename":
                made[f"{key}Renamed"] = inner
        return made

    def _in_array(self, value: list[Any], keys: list[str]) -> list[Any]:
        made: list[Any] = []
        for place, inner in enumerate(value):
            if keys[0] not in ("*", str(place)):
                made.append(inner)
            elif len(keys) > 1 or self.op not in ("remove", "rename"):
                made.append(self._made(inner, keys[1:]))
        return made

    def _here(self, value: Any) -> Any:
        if self.op == "null":
            return None
        if self.op == "replace":
            return self.value
        return [value] if self.op == "wrap" else retyped(value)


class AnotherSchema(Answering):
    """Answers with the provider's own JSON in another shape: every field of another type, or so."""

    kind: Literal["another_schema"] = "another_schema"
    changes: tuple[JsonChange, ...] = Field((JsonChange(op="retype", at="/*"),), max_length=100)
    """Made one after the other; by default every member gets another type."""

    async def act(self, exchange: Exchange) -> None:
        """Answer; what can't be changed is passed on, and the journal says so."""
        await self.changed(exchange, lambda body: reshaped(body, self.changes))


def reshaped(body: bytes, changes: tuple[JsonChange, ...]) -> bytes | None:
    """A JSON document with all changes; None where it is none, or stays as it is."""
    try:
        before = json.loads(body)
    except (ValueError, RecursionError):
        return None
    after = deepcopy(before)
    for change in changes:
        after = change.made(after)
    return None if json.dumps(after) == json.dumps(before) else json.dumps(after).encode()


def retyped(value: Any) -> Any:
    """A value of another JSON type, the nearest that a careless reader might take."""
    if value is None or isinstance(value, bool):
        return "yes" if value else 0
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return len(value)
    return list(value.values()) if isinstance(value, dict) else {"items": value}


def _unescaped(key: str) -> str:
    return key.replace("~1", "/").replace("~0", "~")
