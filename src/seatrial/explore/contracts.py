"""What contracts say a provider answers to a request: faults of an exploration, and its routes.

From a pact, the answers of all interactions of the request's operation, in whatever state, and its
good answers without a field that the consumer needs. From an OpenAPI document, the errors that the
pact doesn't have.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx

from seatrial.config import Config
from seatrial.errors import UsageError, text_of
from seatrial.explore.edges import TappedEdge, tapped_edges
from seatrial.explore.kinds import status_of
from seatrial.explore.naming import Template
from seatrial.extras import missing
from seatrial.tap import Action, AnotherSchema, AnswerWith, JsonChange, Status, reshaped

if TYPE_CHECKING:
    from seatrial.pacts import (
        Document,
        HttpAnswer,
        Interaction,
        Operation,
        PactOperation,
    )

_SAFE = ("GET", "HEAD", "OPTIONS")
_STATUSES = range(200, 600)
"""What a tap can answer."""
_RETYPED = "drift:retype"
_WITHIN_S = 10.0

Pair = tuple[str, str]
"""Consumer and provider."""
Pacts = Mapping[Pair, "Sequence[Interaction]"]
"""The interactions of their pacts."""


@dataclass(frozen=True)
class KnownAnswers:
    """What contracts know of one request: kinds of faults, and what each does to it."""

    answers: Mapping[str, Callable[[], Action]] = field(default_factory=dict)
    """In the provider's place."""
    drifts: Mapping[str, Action] = field(default_factory=dict)
    """Changes of the provider's own good answer."""

    def action(self, kind: str) -> Action | None:
        """Return what a kind does to the request; None: no contract has it."""
        return self.answers[kind]() if kind in self.answers else self.drifts.get(kind)

    def in_vain(self, answer: bytes) -> frozenset[str]:
        """Return the drifts that leave an answer of the provider as it is, without their field."""
        return frozenset(
            kind
            for kind, action in self.drifts.items()
            if isinstance(action, AnotherSchema) and reshaped(answer, action.changes) is None
        )

    def retry_after_s(self, kind: str) -> float:
        """Return how long a kind's answer asks to wait, where it says so in seconds."""
        action = self.action(kind)
        if isinstance(action, Status):
            return action.retry_after_s or 0.0
        given = action.headers if isinstance(action, AnswerWith) else {}
        said = next((one[0] for name, one in given.items() if name.lower() == "retry-after"), "")
        return float(said) if said.isdecimal() else 0.0


NOTHING_KNOWN = KnownAnswers()


class EdgeContract:
    """A consumer's pact and its provider's OpenAPI document, as far as there are any."""

    def __init__(
        self,
        interactions: "Sequence[Interaction]" = (),
        document: "Document | None" = None,
        declared: Sequence[Template] = (),
    ) -> None:
        """Take what is known.

        Args:
            interactions: of the pact.
            document: the provider's.
            declared: routes of the configuration, which show what in a pact's paths is an id.
        """
        self._document = document
        self._declared = [*declared, *(_documented_routes(document) if document else ())]
        self._of_pact = tuple(self._read(interactions)) if interactions else ()

    @property
    def routes(self) -> Iterator[Template]:
        """Return the routes that it shows."""
        for one in self._of_pact:
            yield Template(one.operation.method, one.operation.route)
        yield from _documented_routes(self._document) if self._document else ()

    def known(self, method: str, path: str) -> KnownAnswers:
        """Return what is known of a request."""
        of_pact = next((one for one in self._of_pact if one.operation.takes(method, path)), None)
        documented = self._document.find(method, path) if self._document else None
        if of_pact is None and documented is None:
            return NOTHING_KNOWN
        answers = of_pact.about(path) if of_pact else {}
        drifts = of_pact.drifts if of_pact else {}
        if documented:
            answers |= _documented_answers(documented, {*map(status_of, answers)})
            drifts = drifts or _documented_drifts(documented)
        return KnownAnswers(answers, drifts)

    def _read(self, interactions: "Sequence[Interaction]") -> Iterator["_OfPact"]:
        from seatrial.pacts import operations_of

        for one in operations_of(interactions, self._declared_route):
            yield _OfPact(one, dict(_answers(one)), _drifts(one.interactions))

    def _declared_route(self, method: str, path: str) -> str | None:
        found = [one.path for one in self._declared if one.covers(method, path)]
        return min(found, key=lambda one: one.count("{"), default=None)


@dataclass(frozen=True)
class _OfPact:
    """An operation of a pact as an exploration uses it."""

    operation: "PactOperation"
    answers: "Mapping[str, _Example]"
    drifts: Mapping[str, Action]

    def about(self, path: str) -> "dict[str, Callable[[], Action]]":
        """Return the answers as they are about what a request asks for."""
        ids = self.operation.ids(path)
        return {kind: partial(one.about, ids) for kind, one in self.answers.items()}


@dataclass(frozen=True)
class _Example:
    """An answer as it stands in a pact."""

    answer: "HttpAnswer"
    ids: tuple[str, ...]
    """What its request was about."""

    def about(self, ids: Sequence[str]) -> AnswerWith:
        """Return the same answer about what another request asks for."""
        from seatrial.recording import given, renamed

        answer = self.answer
        for own, other in zip(self.ids, ids, strict=False):
            answer = renamed(answer, unquote(own), unquote(other))
        headers = tuple(one for one in answer.headers if one[0].lower() != "date")
        return given(replace(answer, headers=headers))


def _answers(operation: "PactOperation") -> Iterator[tuple[str, _Example]]:
    """Yield the answers of an operation by kind, each once: good ones of other states first.

    A good answer to an unsafe request isn't one of them: given in the provider's place, it would
    say that something was done that wasn't. Of good answers alike in all but values there is one,
    and where all are alike, none: it is what the provider answers anyway.
    """
    from seatrial.pacts import HttpAnswer, kind_of

    found: dict[tuple[bool, object], tuple[str, _Example]] = {}
    for one in operation.interactions:
        answer = kind_of(one).example(one)
        assert isinstance(answer, HttpAnswer)
        status = answer.status
        is_good = status < 300
        if status not in _STATUSES or (is_good and operation.method not in _SAFE):
            continue
        path = str(one.document["request"].get("path", "/"))
        key: object = _shape(answer) if is_good else answer
        example = _Example(_typed(answer, one), operation.ids(path))
        found.setdefault((is_good, key), (f"pact:{status} {one.name}", example))
    good = [one for (is_good, _), one in found.items() if is_good]
    others = [one for (is_good, _), one in found.items() if not is_good]
    yield from good if len(good) > 1 else ()
    yield from sorted(others, key=lambda one: one[1].answer.status)


def _typed(answer: "HttpAnswer", interaction: "Interaction") -> "HttpAnswer":
    """Return an example with the type of its body: a server says it, where a pact needn't."""
    if not answer.body or answer.content_type is not None:
        return answer
    kind = str(interaction.document["response"]["body"].get("contentType") or "application/json")
    return replace(answer, headers=(*answer.headers, ("content-type", kind)))


def _shape(answer: "HttpAnswer") -> object:
    """Return what is the same for two answers that differ in values alone."""
    try:
        return answer.status, json.dumps(_form(json.loads(answer.body)), sort_keys=True)
    except (ValueError, RecursionError):
        return answer.status, bool(answer.body)


def _form(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _form(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_form(one) for one in value[:1]]
    return type(value).__name__


def _drifts(interactions: "Iterable[Interaction]") -> dict[str, Action]:
    """Return the good answers without a field that the consumer needs, and with other types."""
    from seatrial.pacts import drifts

    found: dict[str, Action] = {}
    for one in interactions:
        if int(one.document["response"].get("status", 200)) < 300:
            for name, action in drifts(one):
                if name.startswith("drop $"):
                    found.setdefault(f"drift:{name}", action)
    return _with_retyped(found)


def _with_retyped(drops: dict[str, Action]) -> dict[str, Action]:
    return {**drops, _RETYPED: AnotherSchema()} if drops else {}


def _documented_answers(
    operation: "Operation", said: set[int | None]
) -> dict[str, Callable[[], Action]]:
    """Return the errors of a document whose statuses a pact hasn't said."""
    return {
        f"openapi:{status}": partial(_documented, status, operation.example(status))
        for status in operation.error_statuses
        if status not in said
    }


def _documented_drifts(operation: "Operation") -> dict[str, Action]:
    found: dict[str, Action] = {}
    for place in operation.required_fields:
        name = place.replace("/*", "[*]").replace("/", ".")
        change = JsonChange(op="remove", at=place)
        found[f"drift:drop ${name}"] = AnotherSchema(changes=(change,))
    return _with_retyped(found)


def _documented(status: int, example: tuple[str, Any] | None) -> Action:
    retry_after_s = 1 if status == 429 else None
    if example is None:
        return Status(status=status, retry_after_s=retry_after_s)
    kind, body = example
    headers = {"content-type": kind}
    return Status(status=status, headers=headers, json_body=body, retry_after_s=retry_after_s)


def _documented_routes(document: "Document") -> Iterator[Template]:
    for one in document.operations:
        for path in one.routes:
            yield Template(one.method.upper(), re.sub(r"\{[^}]*\}", "{id}", path))


class Contracts:
    """The contracts of all edges."""

    def __init__(self, by_pair: Mapping[Pair, EdgeContract] | None = None) -> None:
        """Take them."""
        self._by_pair = by_pair or {}

    def known(self, edge: TappedEdge, method: str, path: str) -> KnownAnswers:
        """Return what is known of a request on an edge."""
        contract = self._by_pair.get((edge.consumer, edge.provider))
        return NOTHING_KNOWN if contract is None else contract.known(method, path)

    @property
    def routes(self) -> list[Template]:
        """Return the routes that they show."""
        return [route for one in self._by_pair.values() for route in one.routes]


def pacts_of(folder: Path, edges: Iterable[TappedEdge]) -> Pacts:
    """Read the pacts of edges; it can't be done in a simulation, since Pact's core wants a process.

    Args:
        folder: the configuration's, where they are looked for.
        edges: whose.

    Raises:
        UsageError: one can't be read.
    """
    found = {(edge.consumer, edge.provider): _interactions(folder, edge) for edge in edges}
    return {pair: interactions for pair, interactions in found.items() if interactions}


async def contracts_of(
    config: Config,
    folder: Path,
    urls: Mapping[str, str],
    pacts: Pacts,
    declared: Sequence[Template],
) -> Contracts:
    """Put pacts and the documents of providers together.

    Args:
        config: names the documents.
        folder: the configuration's.
        urls: where services answer, which may publish their document.
        pacts: the interactions of edges.
        declared: routes of the configuration.

    Raises:
        UsageError: a document can't be read.
    """
    documents: dict[str, Document] = {}
    for name, service in config.services.items():
        if service.openapi is not None:
            where, text = await _text(service.openapi, urls[name], folder / service.cwd)
            documents[name] = _read_document(text, where)
    pairs = [(one.consumer, one.provider) for one in tapped_edges(config)]
    return Contracts(
        {
            pair: EdgeContract(pacts.get(pair, ()), documents.get(pair[1]), declared)
            for pair in pairs
            if pair in pacts or pair[1] in documents
        }
    )


def _interactions(folder: Path, edge: TappedEdge) -> "Sequence[Interaction]":
    if missing("pact"):
        if edge.pact is None:
            return ()
        raise UsageError(f"{edge.pact} can't be read without pip install 'seatrial[pact]'")
    from seatrial.pacts import find_pact, read_pact

    path = find_pact(folder, edge.consumer, edge.provider, edge.pact)
    return () if path is None else read_pact(path).interactions


def _read_document(text: bytes, where: str) -> "Document":
    from seatrial.pacts import read_document

    return read_document(text, where)


async def _text(place: str, url: str, folder: Path) -> tuple[str, bytes]:
    """Return a document's address or file, and what stands there."""
    if not place.startswith("/"):
        path = folder / place
        try:
            return str(path), path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: can't be read: {error.strerror}") from None
    where = url.rstrip("/") + place
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=_WITHIN_S) as client:  # noqa: S501
        try:
            answer = await client.get(where)
            return where, answer.raise_for_status().content
        except httpx.HTTPError as error:
            said = text_of(error)
            raise UsageError(f"{where}: no OpenAPI document: {said}") from None
