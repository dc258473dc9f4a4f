"""Requests of one kind: a path with {id} for what differs, and the states that ids stand for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from seatrial.recording.values import format_of

_LONG_ID = re.compile(r"(?=.*\d)[\w~.-]{8,}")
_SOUNDS_OPEN = re.compile(r"(?i)(?!use|uni|eu|one\b)[aeiou]")
"""Words that take \"an\": an account, but a user."""


@dataclass(frozen=True)
class Template:
    """A path whose ids are left out."""

    parts: tuple[str | None, ...]
    """Its segments; None for an id."""

    @property
    def shown(self) -> str:
        """As people write it: /users/{id}."""
        return "/" + "/".join("{id}" if part is None else part for part in self.parts)

    def ids(self, path: str) -> list[str]:
        """Return the ids in a path of this kind, decoded."""
        given = path.strip("/").split("/")
        return [
            unquote(value) for part, value in zip(self.parts, given, strict=True) if part is None
        ]

    def regex(self, path: str) -> str | None:
        """Return the pattern of such a path; None where it has no id."""
        if None not in self.parts:
            return None
        given = path.strip("/").split("/")
        parts = (
            _pattern(value) if part is None else re.escape(part)
            for part, value in zip(self.parts, given, strict=True)
        )
        return "^/" + "/".join(parts) + "$"

    def states(self, path: str, status: int) -> list[dict[str, Any]]:
        """Return what a provider must have for this status: a user for /users/{id}."""
        found: list[dict[str, Any]] = []
        ids = iter(self.ids(path))
        for place, part in enumerate(self.parts):
            if part is not None:
                continue
            noun = _noun(self.parts[place - 1] if place else None)
            is_last = all(other is not None for other in self.parts[place + 1 :])
            missing = status in (404, 410) and is_last
            article = "an" if _SOUNDS_OPEN.match(noun) else "a"
            name = f"no {noun} exists" if missing else f"{article} {noun} exists"
            found.append({"name": name, "params": {"id": next(ids)}})
        return found


def declared_template(path: str) -> Template | None:
    """Return the template of a path in which {id} is a whole segment; None where it isn't."""
    parts = path.strip("/").split("/")
    if "{id}" not in parts or any("{id}" in part and part != "{id}" for part in parts):
        return None
    return Template(tuple(None if part == "{id}" else part for part in parts))


def template_of(path: str, ids: Sequence[str] = ()) -> Template:
    """Return a path without its ids: what is known as one, or looks like one."""
    parts = path.strip("/").split("/")
    return Template(
        tuple(
            None if unquote(part) in ids or _looks_like_id(unquote(part)) else part
            for part in parts
        )
    )


def _looks_like_id(part: str) -> bool:
    known = format_of(part)
    if known is not None and known.name in ("uuid", "digits", "email", "prefixed id"):
        return True
    return known is None and _LONG_ID.fullmatch(part) is not None


def _pattern(value: str) -> str:
    known = format_of(unquote(value))
    if known is not None and known.name in ("uuid", "digits"):
        return known.regex
    return "[^/]+"


def _noun(segment: str | None) -> str:
    """Return what one of a collection is called: "users" has a user."""
    word = re.sub(r"[-_]", " ", segment or "resource")
    for plural, single in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("xes", "x"), ("s", "")):
        if word.endswith(plural) and not (plural == "s" and word.endswith(("ss", "us"))):
            return word.removesuffix(plural) + single
    return word


def query_of(text: str) -> Mapping[str, list[str]]:
    """Return a raw query's parameters, in order."""
    from urllib.parse import parse_qsl

    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found
