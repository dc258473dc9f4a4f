"""Alterations of an answer or a message: small functions, put together in the table."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from seatrial.pacts import Interaction
from seatrial.pacts.answers import Answer, HttpAnswer, MessageAnswer

Alter = Callable[[Interaction, Answer], Answer]
Edit = Callable[[Any], Any]


def body(edit: Edit) -> Alter:
    """Edit the JSON of every body that is a JSON object or list."""

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        if not answer.body:
            return answer
        before = json.loads(answer.body)
        after = edit(json.loads(answer.body))
        if after == before and list(_keys(after)) == list(_keys(before)):
            return answer
        return replace(answer, body=json.dumps(after).encode())

    return alter


def _keys(value: object) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def at(path: str, edit: Edit) -> Edit:
    """Edit what is at a dotted path, wherever it is: also in each entry of a list."""
    first, _, rest = path.partition(".")

    def apply(value: Any) -> Any:
        if isinstance(value, list):
            return [apply(each) for each in value]
        if isinstance(value, dict) and first in value:
            inner = at(rest, edit) if rest else edit
            return {**value, first: inner(value[first])}
        return value

    return apply


def drop(name: str) -> Edit:
    """Leave a field out."""
    return _each(lambda value: {key: each for key, each in value.items() if key != name})


def rename(name: str, new: str) -> Edit:
    """Give a field another name."""
    return _each(lambda value: {new if key == name else key: each for key, each in value.items()})


def add(**fields: Any) -> Edit:
    """Add fields."""
    return _each(lambda value: {**value, **fields})


def backwards() -> Edit:
    """The fields in another order."""
    return _each(lambda value: dict(reversed(value.items())))


def _each(edit: Edit) -> Edit:
    """Edit an object, or each object of a list."""

    def apply(value: Any) -> Any:
        if isinstance(value, list):
            return [apply(each) for each in value]
        return edit(value) if isinstance(value, dict) else value

    return apply


def to(value: Any) -> Edit:
    """Another value, whatever it was."""
    return lambda _before: value


def status(before: int, after: int) -> Alter:
    """Another status for one."""

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        if isinstance(answer, HttpAnswer) and answer.status == before:
            return replace(answer, status=after)
        return answer

    return alter


def header(name: str, value: str | None) -> Alter:
    """A header with this value where it was, or without; None takes it away."""

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        if not isinstance(answer, HttpAnswer):
            return answer
        kept = tuple(pair for pair in answer.headers if pair[0].lower() != name.lower())
        if kept == answer.headers:
            return answer
        return replace(answer, headers=kept if value is None else (*kept, (name, value)))

    return alter


def charset(name: str) -> Alter:
    """The content type says the character set as well."""

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        kind = answer.content_type
        if not isinstance(answer, HttpAnswer) or kind is None or "charset" in kind:
            return answer
        return header("content-type", f"{kind}; charset={name}")(_interaction, answer)

    return alter


def more_headers(**values: str) -> Alter:
    """Headers that nobody asked for."""
    extra = tuple((name.replace("_", "-"), value) for name, value in values.items())

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        if not isinstance(answer, HttpAnswer):
            return answer
        return replace(answer, headers=(*answer.headers, *extra))

    return alter


def raw(edit: Callable[[bytes], bytes]) -> Alter:
    """Edit the bytes of a body that there is."""

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        return replace(answer, body=edit(answer.body)) if answer.body else answer

    return alter


def channel(name: str) -> Alter:
    """Messages on another channel."""

    def alter(_interaction: Interaction, answer: Answer) -> Answer:
        if not isinstance(answer, MessageAnswer):
            return answer
        return replace(answer, metadata={**answer.metadata, "channel": name})

    return alter


def answers(alter: Alter, *, to_request: str = "", when: int | None = None) -> Alter:
    """Alter the answers to requests that are `METHOD path`, as a regular expression.

    Args:
        alter: what is done to them.
        to_request: which; all unless given.
        when: those with this status alone.
    """

    def scoped(interaction: Interaction, answer: Answer) -> Answer:
        if not isinstance(answer, HttpAnswer) or (when is not None and answer.status != when):
            return answer
        request = interaction.document["request"]
        if not re.match(to_request, f"{request['method']} {request['path']}"):
            return answer
        return alter(interaction, answer)

    return scoped


def messages(alter: Alter, kind: str = "") -> Alter:
    """Alter the messages of a type, or all."""

    def scoped(interaction: Interaction, answer: Answer) -> Answer:
        if not isinstance(answer, MessageAnswer) or kind.encode() not in answer.body:
            return answer
        return alter(interaction, answer)

    return scoped


def both(*alterations: Alter) -> Alter:
    """One after the other."""

    def alter(interaction: Interaction, answer: Answer) -> Answer:
        for each in alterations:
            answer = each(interaction, answer)
        return answer

    return alter
