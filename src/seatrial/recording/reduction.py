"""An answer reduced to what its consumer needs, by what its caller sees when a place is changed.

A place that nobody notices leaves. One whose value is only passed on is matched by its type, one
that is read in a format by that, and one that the consumer branches on keeps the values that were
recorded. What varies between recordings is never an equality.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatrial.pacts import HttpAnswer, Place, mutants
from seatrial.recording.running import RunningConsumer
from seatrial.recording.values import Rule, all_of, format_of, is_secret_name, or_null
from seatrial.recording.views import Steady, View

_TEXTS = ("another-text", "zz other text")
_FEW = 12
"""More distinct values aren't a set that a pact could name."""
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_THE_WIRE = frozenset(
    (
        "connection",
        "content-encoding",
        "content-length",
        "date",
        "keep-alive",
        "server",
        "transfer-encoding",
        "vary",
        "via",
    )
)
_SECRET_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "set-cookie", "www-authenticate")
)
_GENERATED = ("uuid", "datetime", "date", "time")
_MISSING = object()


@dataclass
class Reduced:
    """What a pact says of an answer."""

    status: int
    headers: dict[str, list[str]] = field(default_factory=dict)
    content_type: str | None = None
    body: Any = _MISSING
    rules: dict[str, Rule] = field(default_factory=dict)
    """Of the body, by place."""
    header_rules: dict[str, Rule] = field(default_factory=dict)
    generators: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """Places that the consumer doesn't notice."""
    notes: list[str] = field(default_factory=list)

    @property
    def has_body(self) -> bool:
        """Say whether the pact expects one."""
        return self.body is not _MISSING


@dataclass(frozen=True)
class Seen:
    """One place of the answers: its values in all recordings."""

    place: Place
    value: Any
    """In the answer that is reduced."""
    others: tuple[Any, ...]
    """Distinct values in all answers, its own among them."""
    optional: bool
    """True where an answer has the object around it, and not the place."""
    recordings: int

    @property
    def is_nullable(self) -> bool:
        """True where it was null once."""
        return None in self.others and self.value is not None


class Reducer:
    """Reduces one answer by a consumer that runs; without one, all of it stays, by its types."""

    def __init__(
        self,
        answers: Sequence[HttpAnswer],
        about: str,
        *,
        consumer: RunningConsumer | None = None,
        redact: Sequence[str] = (),
    ) -> None:
        """Take what was recorded.

        Args:
            answers: to one kind of request, of one status, all about the same entity and without
                secrets.
            about: that entity.
            consumer: judges; None where its trigger doesn't reach the answer.
            redact: further headers whose value is a secret.
        """
        self._answers = answers
        self.base = max(answers, key=lambda one: len(list(_leaves(_document(one)))))
        self._about = about
        self._consumer = consumer
        self._redact = _SECRET_HEADERS | {name.lower() for name in redact}

    async def reduced(self, steady: Steady | None) -> Reduced:
        """Reduce; `steady` is how the consumer takes the base, None without a consumer."""
        found = Reduced(self.base.status)
        noticed = await self._noticed(steady)
        self._headers(found, noticed)
        document = _document(self.base)
        if not self.base.body:
            return found
        if document is _MISSING:
            self._text(found, noticed)
            return found
        kept = [seen for seen in self._places(document) if self._stays(seen, noticed, found)]
        probes = await self._probed(kept, steady)
        for seen in kept:
            rule, note = self._rule(seen, probes.get(seen.place, {}), steady)
            if note:
                found.notes.append(f"{_shown(seen.place)}: {note}")
            if rule is None:
                found.left_out.append(_shown(seen.place))
                continue
            path = _path(seen.place)
            found.rules[path] = rule
            known = format_of(seen.value) if isinstance(seen.value, str) else None
            generated = known is not None and known.name in _GENERATED and known.generator
            if generated and not self._is_entity(seen.value) and not _is_equality(rule):
                found.generators[path] = generated
        places = [seen.place for seen in kept if _path(seen.place) in found.rules]
        containers = self._containers(document, noticed, places)
        if not places and not containers and self._consumer is not None:
            changes = ("drop the body", "cut the body in half", "wrap $", "null $")
            if noticed.keys().isdisjoint(changes):
                return found
        self._lists(found, document, [*places, *containers], noticed)
        found.body = _only(document, [*places, *containers])
        return found

    async def _noticed(self, steady: Steady | None) -> Mapping[str, View | None]:
        """Return the mutants of the base that its caller notices."""
        if steady is None or self._consumer is None:
            return {}
        every = list(mutants(self.base))
        views = await self._consumer.views([one.answer for one in every], self._about)
        return {
            mutant.name: one
            for mutant, one in zip(every, views, strict=True)
            if one is None or one.outcome != steady.outcome or steady.differences(one)
        }

    def _headers(self, found: Reduced, noticed: Mapping[str, View | None]) -> None:
        kind = self.base.content_type
        for name in dict.fromkeys(name.lower() for name, _ in self.base.headers):
            if name in _OF_THE_WIRE:
                continue
            values = {one.header(name) for one in self._answers}
            value = self.base.header(name) or ""
            minded = any(
                one.startswith((f"drop header {name}", f"header {name}:")) for one in noticed
            )
            if name == "content-type":
                minded = minded or self._consumer is None
            if not minded:
                continue
            if name in self._redact or is_secret_name(name):
                found.notes.append(f"header {name}: the consumer reads it; its value is a secret")
                continue
            found.headers[name] = [value]
            changed = f"header {name}: no-such-value"
            if name == "content-type":
                found.headers[name] = [value.partition(";")[0].strip()]
            elif changed not in noticed or len(values) > 1:
                found.header_rules[name] = all_of({"match": "regex", "regex": ".+"})
        if kind is not None:
            found.content_type = kind.partition(";")[0].strip()

    def _text(self, found: Reduced, noticed: Mapping[str, View | None]) -> None:
        if self._consumer is not None and not {"drop the body", "cut the body in half"} & set(
            noticed
        ):
            found.left_out.append("the body")
            return
        found.body = self.base.body.decode("utf-8", "surrogateescape")
        if len({one.body for one in self._answers}) > 1 or "cut the body in half" not in noticed:
            found.rules["$"] = all_of({"match": "notEmpty"})

    def _places(self, document: Any) -> Iterator[Seen]:
        documents = [_document(one) for one in self._answers]
        for place, value in _leaves(document):
            every = [found for one in documents for found in _all_at(one, place)]
            values = [one for one in every if one is not _MISSING]
            distinct = {json.dumps(one, sort_keys=True): one for one in values}
            yield Seen(
                place,
                value,
                tuple(distinct.values()),
                any(one is _MISSING for one in every),
                len(values),
            )

    def _stays(self, seen: Seen, noticed: Mapping[str, View | None], found: Reduced) -> bool:
        """Say whether a place is noticed at all; where nobody judges, all stay."""
        shown = _shown(seen.place)
        if seen.value is None:
            found.notes.append(f"{shown}: it was null in all recordings, and left out")
            found.left_out.append(shown)
            return False
        if self._consumer is None:
            stays = not seen.optional
        else:
            of_it = [name for name in noticed if name.endswith(f" {shown}")]
            stays = bool(of_it)
            if stays and seen.optional:
                found.notes.append(f"{shown}: it isn't in all recordings, and left out")
                stays = False
        if not stays:
            found.left_out.append(shown)
        return stays

    async def _probed(
        self, kept: Sequence[Seen], steady: Steady | None
    ) -> Mapping[Place, Mapping[str, View | None]]:
        """Return what its caller sees of other values: place → JSON of the value → view."""
        if steady is None or self._consumer is None:
            return {}
        asked = [(seen.place, value) for seen in kept for value in _others(seen)]
        document = _document(self.base)
        answers = [
            replace(self.base, body=json.dumps(_put(document, p, v), ensure_ascii=False).encode())
            for p, v in asked
        ]
        views = await self._consumer.views(answers, self._about)
        found: dict[Place, dict[str, View | None]] = {}
        for (place, value), one in zip(asked, views, strict=True):
            found.setdefault(place, {})[json.dumps(value)] = one
        return found

    def _rule(
        self, seen: Seen, probes: Mapping[str, View | None], steady: Steady | None
    ) -> tuple[Rule | None, str]:
        """Return the rule of a place, None where none can say it, and what a reader must know."""
        rule, note = self._of_value(seen, probes, steady)
        if seen.is_nullable:
            return or_null(rule), note
        return rule, note

    def _of_value(
        self, seen: Seen, probes: Mapping[str, View | None], steady: Steady | None
    ) -> tuple[Rule, str]:
        value = seen.value
        if isinstance(value, bool):
            if steady is None or _fine(steady, probes, [not value]) or len(seen.others) > 1:
                return all_of({"match": "type"}), ""
            return all_of({"match": "equality"}), ""
        if isinstance(value, int | float):
            return self._of_number(seen, probes, steady)
        return self._of_text(seen, probes, steady)

    def _of_number(
        self, seen: Seen, probes: Mapping[str, View | None], steady: Steady | None
    ) -> tuple[Rule, str]:
        whole = all(isinstance(one, int) for one in seen.others if one is not None)
        loose = all_of({"match": "integer" if whole else "number"})
        if steady is None:
            return loose, ""
        if _passes(steady, probes, _numbers(seen.value)):
            fraction = _fine(steady, probes, [seen.value + 0.5])
            return all_of({"match": "number"}) if whole and fraction else loose, ""
        if len(seen.others) == 1 and not self._is_entity(seen.value):
            return all_of({"match": "equality"}), ""
        return (
            loose,
            "the consumer takes some numbers alone; a pact can't name a set of them",
        )

    def _of_text(
        self, seen: Seen, probes: Mapping[str, View | None], steady: Steady | None
    ) -> tuple[Rule, str]:
        known = format_of(seen.value)
        formed = known and all(known.fits(one) for one in seen.others if isinstance(one, str))
        by_format = (
            all_of({"match": "type"}, {"match": "regex", "regex": f"^{known.regex}$"})
            if known and formed
            else None
        )
        if steady is None:
            is_generated = known is not None and known.name in _GENERATED
            return by_format if by_format and is_generated else all_of({"match": "type"}), ""
        if _passes(steady, probes, _TEXTS):
            return all_of({"match": "type"}), ""
        if known and by_format and _passes(steady, probes, known.alike):
            return by_format, ""
        if self._is_entity(seen.value):  # it must be the one that was asked for
            return by_format or all_of({"match": "type"}), ""
        texts = sorted({one for one in seen.others if isinstance(one, str)})
        if len(texts) == 1:
            return all_of({"match": "equality"}), ""
        if len(texts) <= _FEW and len(texts) < max(seen.recordings, 3):
            either = "|".join(map(re.escape, texts))
            return all_of({"match": "type"}, {"match": "regex", "regex": f"^(?:{either})$"}), ""
        note = f"the consumer takes some texts alone, and {len(texts)} were recorded"
        return by_format or all_of({"match": "type"}), note

    def _is_entity(self, value: Any) -> bool:
        return bool(self._about) and (str(value) == self._about or self._about in str(value))

    def _containers(
        self, document: Any, noticed: Mapping[str, View | None], kept: Sequence[Place]
    ) -> list[Place]:
        """Return objects and lists that are noticed, though nothing within them is."""
        return [
            place
            for place in _inner(document)
            if place
            and not any(one[: len(place)] == place for one in kept)
            and (f"drop {_shown(place)}" in noticed or f"null {_shown(place)}" in noticed)
        ]

    def _lists(
        self,
        found: Reduced,
        document: Any,
        kept: Sequence[Place],
        noticed: Mapping[str, View | None],
    ) -> None:
        """Let each list that stays have any number of items that are like its first."""
        for place in _inner(document):
            value = _at(document, place)
            stays = any(one[: len(place)] == place for one in kept)
            if not stays or not (isinstance(value, list) or not value or place in kept):
                continue
            rule: Mapping[str, Any] = {"match": "type"}
            if isinstance(value, list) and value:
                were_empty = any(
                    other == [] for one in self._answers for other in _all_at(_document(one), place)
                )
                lenient = f"empty {_shown(place)}" not in noticed and self._consumer is not None
                rule = {"match": "type", "min": 0 if were_empty or lenient else 1}
            found.rules[_path(place)] = all_of(rule)


def _fine(steady: Steady, probes: Mapping[str, View | None], values: Sequence[Any]) -> bool:
    """Say whether the caller's answer stays of its kind with each of these values."""
    views = [probes.get(json.dumps(value)) for value in values]
    return all(one is not None and one.outcome == steady.outcome for one in views)


def _passes(steady: Steady, probes: Mapping[str, View | None], values: Sequence[Any]) -> bool:
    """Say whether values are passed on, or not looked at: two that differ aren't taken alike."""
    if not _fine(steady, probes, values):
        return False
    views = [one for value in values if (one := probes.get(json.dumps(value))) is not None]
    if not any(steady.differences(one) for one in views):
        return True
    seen = {str(sorted(steady.steady(one).items(), key=str)) for one in views}
    return len(seen) == len(views)


def _others(seen: Seen) -> list[Any]:
    """Return values to try in a place."""
    value = seen.value
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return [*_numbers(value), value + 0.5]
    known = format_of(value) if isinstance(value, str) else None
    return [*_TEXTS, *(known.alike if known else ())]


def _numbers(value: float) -> list[float]:
    return [value + 1, value + 7]


def _is_equality(rule: Rule) -> bool:
    return any(one.get("match") == "equality" for one in rule["matchers"])


def _document(answer: HttpAnswer) -> Any:
    if not answer.body:
        return _MISSING
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return _MISSING


def _leaves(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield every value that isn't an object or a list; of a list, those of its first item."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*place, key))
    elif isinstance(value, list):
        if value:
            yield from _leaves(value[0], (*place, 0))
    elif value is not _MISSING:
        yield place, value


def _inner(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield every object and list, of a list the first item's."""
    if isinstance(value, dict):
        yield place
        for key, inner in value.items():
            yield from _inner(inner, (*place, key))
    elif isinstance(value, list):
        yield place
        if value:
            yield from _inner(value[0], (*place, 0))


def _all_at(document: Any, place: Place) -> Iterator[Any]:
    """Yield the values at a place, of each item of a list; `_MISSING` where an object lacks it."""
    if not place:
        yield document
    elif isinstance(place[0], int):
        for item in document if isinstance(document, list) else ():
            yield from _all_at(item, place[1:])
    elif isinstance(document, dict):
        if place[0] in document:
            yield from _all_at(document[place[0]], place[1:])
        elif len(place) == 1:
            yield _MISSING


def _at(document: Any, place: Place) -> Any:
    for key in place:
        document = document[key]
    return document


def _put(document: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    if isinstance(document, list):
        index = int(place[0])
        return [*document[:index], _put(document[index], place[1:], value), *document[index + 1 :]]
    return {**document, place[0]: _put(document[place[0]], place[1:], value)}


def _only(document: Any, places: Sequence[Place]) -> Any:
    """Return a document with these places alone; a list has one item."""
    if any(not place for place in places):
        return document if not isinstance(document, dict | list) else type(document)()
    if isinstance(document, list):
        inner = [place[1:] for place in places]
        return [_only(document[0], inner)] if inner else []
    if not isinstance(document, dict):
        return document
    return {
        key: _only(value, [place[1:] for place in places if place[0] == key])
        for key, value in document.items()
        if any(place[0] == key for place in places)
    }


def _shown(place: Place) -> str:
    return "$" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in place)


def _path(place: Place) -> str:
    """Return a place as a pact's rules name it."""

    def step(key: str | int) -> str:
        if isinstance(key, int):
            return "[*]"
        return f".{key}" if _PLAIN_KEY.fullmatch(key) else f"['{key}']"

    return "$" + "".join(map(step, place))
