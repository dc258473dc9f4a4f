"""The matching rules of an interaction, before anyone is judged by them.

Pact's own verifier finds a rule that it doesn't know while it compares, and reports it as if the
provider had answered wrongly.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

_NEEDS: Mapping[str, tuple[str, ...]] = {
    "arrayContains": ("variants",),
    "boolean": (),
    "contentType": ("value",),
    "date": (),
    "datetime": (),
    "decimal": (),
    "eachKey": ("rules",),
    "eachValue": ("rules",),
    "equality": (),
    "include": ("value",),
    "integer": (),
    "max-type": ("max",),
    "min-max-type": ("min", "max"),
    "min-type": ("min",),
    "notEmpty": (),
    "null": (),
    "number": (),
    "regex": ("regex",),
    "semver": (),
    "statusCode": ("status",),
    "time": (),
    "timestamp": (),
    "type": (),
    "values": (),
}
"""Each matcher that needs no plugin, and what else it must say."""
_ALSO = {
    "array-contains": "arrayContains",
    "content-type": "contentType",
    "each-key": "eachKey",
    "each-value": "eachValue",
    "not-empty": "notEmpty",
    "real": "decimal",
    "status-code": "statusCode",
}
"""Other names that Pact's core reads."""


def complaint(interaction: Mapping[str, Any]) -> str | None:
    """Say what is wrong with an interaction's rules, in half a sentence; None when nothing is."""
    for part in (interaction, interaction.get("request"), interaction.get("response")):
        rules = part.get("matchingRules") if isinstance(part, dict) else None
        for place, matcher in _matchers(rules, "matchingRules"):
            if wrong := _wrong(matcher):
                return f"{place}: {wrong}"
    return None


def _matchers(value: object, place: str) -> Iterator[tuple[str, object]]:
    """Every entry of a list `matchers`, and those within it, with its place."""
    if isinstance(value, list):
        for entry in value:
            yield from _matchers(entry, place)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "matchers":
                yield from _listed(inner, place)
            else:
                yield from _matchers(inner, f"{place}.{key}")


def _listed(matchers: object, place: str) -> Iterator[tuple[str, object]]:
    if not isinstance(matchers, list):
        yield place, matchers
        return
    for matcher in matchers:
        yield place, matcher
        if isinstance(matcher, dict):
            yield from _listed(matcher.get("rules") or [], f"{place}.rules")
            yield from _matchers(matcher.get("variants"), f"{place}.variants")


def _wrong(matcher: object) -> str | None:
    name = matcher.get("match") if isinstance(matcher, dict) else None
    if isinstance(matcher, dict) and name is None and matcher.keys() & {"min", "max"}:
        return None  # a type, to the core
    if not isinstance(matcher, dict) or not isinstance(name, str):
        return f"{json.dumps(matcher)[:80]} names no matcher"
    name = _ALSO.get(name, name)
    if name not in _NEEDS:
        return f"the matcher {name!r} is not known (known: {', '.join(_NEEDS)})"
    missing = [key for key in _NEEDS[name] if key not in matcher]
    return f"the matcher {name!r} lacks {', '.join(missing)}" if missing else None
