"""Requests that differ by their bodies alone, as those of a fan-out: by what they are known."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from typing import Any

from seatrial.redaction import without_secrets

Alike = tuple[str, str, str]
"""Edge, operation and content of requests that nothing but their body distinguishes."""
Telling = Mapping[Alike, tuple[str, ...]]
"""The fields of their bodies that do so."""
BODIES_ALIKE: Telling = {}
_SHOWN = 60


def distinguishing_fields(runs: Sequence[Sequence[tuple[Alike, str]]]) -> Telling:
    """Return the fields that distinguish requests, and have the same values in every run.

    A field with a value that is new each time, such as a key, says nothing. Where nothing does,
    requests are counted in the order they come.

    Args:
        runs: what each plain run sent: how a request is named without its body, and this.
    """
    found: dict[Alike, tuple[str, ...]] = {}
    for name in dict.fromkeys(name for name, _ in chain.from_iterable(runs)):
        bodies = [[_fields(body) for one, body in run if one == name] for run in runs]
        places = sorted({place for body in chain.from_iterable(bodies) for place in body})
        telling = [place for place in places if _tells(place, bodies)]
        if telling:
            found[name] = _fewest(telling, bodies[0])
    return found


def distinguished(about: str, body: str, fields: Sequence[str]) -> str:
    """Return a request's content with the fields of its body that distinguish it."""
    given = _fields(body)
    said = (without_secrets(f"{one or 'body'}={_short(given.get(one, ''))}") for one in fields)
    return ", ".join(filter(None, (about, *said)))


def _short(value: str) -> str:
    if len(value) <= _SHOWN:
        return value
    return f"{value[:_SHOWN]}… {blake2b(value.encode(), digest_size=4).hexdigest()}"


def _tells(place: str, runs: Sequence[Sequence[Mapping[str, str]]]) -> bool:
    first, *others = (Counter(body.get(place) for body in bodies) for bodies in runs)
    return len(first) > 1 and all(one == first for one in others)


def _fewest(places: Sequence[str], bodies: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Return the first place that distinguishes as many as all do; all, where none does."""
    most = len({tuple(body.get(one) for one in places) for body in bodies})
    alone = (one for one in places if len({body.get(one) for body in bodies}) == most)
    return next(((one,) for one in alone), tuple(places))


def _fields(body: str) -> dict[str, str]:
    try:
        content = json.loads(body)
    except ValueError:
        content = body
    return dict(_leaves(content, ""))


def _leaves(content: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _leaves(value, f"{place}.{name}" if place else name)
    elif isinstance(content, list):
        for number, one in enumerate(content):
            yield from _leaves(one, f"{place}[{number}]")
    else:
        yield place, content if isinstance(content, str) else json.dumps(content)
