r"""What pact-python's own matchers lack: a strict text, a field that may be null.

Use `match` as pact-python documents it, but know what its matchers let through: `match.regex`
accepts the number 12 for `\d+`, `match.each_like` without `min` accepts an empty list,
`match.bool` accepts "true", and `match.like(1)` accepts 2.5.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

from seatrial.pacts.library import AbstractMatcher, GenericMatcher, Unset, match

__all__ = ["Nullable", "match", "nullable", "separate", "text"]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def text(example: str, regex: str) -> AbstractMatcher[str]:
    """A string that matches the whole of a regular expression; no number or object passes.

    Args:
        example: what the consumer is answered in its own test.
        regex: in the syntax that Python and Rust share, without look-around.

    Raises:
        ValueError: the example doesn't match; Pact itself would not notice.
    """
    if re.fullmatch(regex, example) is None:
        raise ValueError(f"the example {example!r} does not match its own regex {regex!r}")
    return match.str(example) & match.regex(example, regex=regex)


class Nullable(AbstractMatcher[Any]):
    """A field that is null or as another matcher says; made by `nullable`."""

    def __init__(self, matcher: GenericMatcher[Any]) -> None:
        self.matcher = matcher

    @property
    def rules(self) -> dict[str, Any]:
        """The raw rules, since no matcher of pact-python's can write an OR."""
        rule = self.matcher.to_matching_rule()
        rule.pop("value", None)
        return {"combine": "OR", "matchers": [{"match": "null"}, rule]}

    def to_integration_json(self) -> dict[str, Any]:
        """Refuse: where this stands, nobody took the rules out."""
        raise TypeError(
            "nullable(…) may stand in the body of a request or response, as a field or inside "
            "match.like and match.each_like; not in a path, a header or another matcher"
        )

    def to_matching_rule(self) -> dict[str, Any]:
        """Refuse, as `to_integration_json` does."""
        return self.to_integration_json()


def nullable(matcher: AbstractMatcher[Any]) -> Nullable:
    """The field is there, and is null or what the matcher says.

    Pact can't say "absent or null or a string" of one field: leave the field out of the body where
    the consumer doesn't need it. Nor can it say "null or an object".

    Raises:
        TypeError: the matcher is a combination, or of an object or list.
        ValueError: the matcher has no example.
    """
    if not isinstance(matcher, GenericMatcher):
        raise TypeError(
            f"nullable takes one of pact-python's single matchers, not {type(matcher).__name__}"
        )
    if isinstance(matcher.value, Unset):
        raise ValueError("nullable(…) needs an example: give its matcher a value")  # noqa: TRY004
    if isinstance(matcher.value, Mapping | list):
        raise TypeError("Pact refuses null where an object or a list is the example")
    return Nullable(matcher)


def separate(body: object) -> tuple[object, dict[str, Any]]:
    """Split a body into what pact-python can write and the raw rules of its nullable fields."""
    rules: dict[str, Any] = {}
    return _without_nullable(body, "$", rules), rules


def _without_nullable(value: object, path: str, rules: dict[str, Any]) -> object:
    if isinstance(value, Nullable):
        rules[path] = value.rules
        return value.matcher.value
    if isinstance(value, Mapping):
        return {k: _without_nullable(v, path + _step(k), rules) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nullable(v, f"{path}[{i}]", rules) for i, v in enumerate(value)]
    if isinstance(value, GenericMatcher) and value.type == "type":
        return _like_without_nullable(value, path, rules)
    return value


def _like_without_nullable(
    matcher: GenericMatcher[Any], path: str, rules: dict[str, Any]
) -> GenericMatcher[Any]:
    """Look into `match.like({…})` and `match.each_like({…})`, whose value is a list of examples."""
    like = copy.copy(matcher)
    if isinstance(matcher.value, list):
        like.value = [_without_nullable(v, f"{path}[*]", rules) for v in matcher.value]
    elif isinstance(matcher.value, Mapping):
        like.value = _without_nullable(matcher.value, path, rules)
    return like


def _step(key: str) -> str:
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"['{key}']"
