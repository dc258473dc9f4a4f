"""A contract made of traffic: recorded at the tap, reduced by the consumer, verified at once."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatrial.errors import InvalidRun
from seatrial.pacts import (
    ContractBroken,
    HttpAnswer,
    Interaction,
    Matrix,
    PactFile,
    Provider,
    pact_document,
    parse_pact,
    verify_interaction,
)
from seatrial.recording.entities import renamed
from seatrial.recording.interaction import Pair, interaction_of, safe
from seatrial.recording.quiet import silence
from seatrial.recording.reduction import Reduced, Reducer
from seatrial.recording.running import RunningConsumer, running_consumer
from seatrial.recording.strength import Measured, Subject, Tally, measure_one, steady_of
from seatrial.recording.templates import Template, declared_template, template_of
from seatrial.recording.values import safe_text
from seatrial.recording.views import Steady
from seatrial.tap import RecordedExchange
from seatrial.testbed import Upstream, WireTestbed

_SPARE = 700
SAFE = ("GET", "HEAD", "OPTIONS")
_SECRETS = frozenset(("authorization", "cookie", "x-api-key", "proxy-authorization"))


@dataclass(frozen=True)
class Recorded:
    """One interaction that was recorded."""

    interaction: Interaction
    reduced: Reduced
    recordings: int
    reached: bool
    """True where the edge's trigger reaches it, so that it was reduced."""
    measured: Measured | None = None
    refusal: str | None = None
    """Why the provider breaks it; None where it holds."""
    verified: str = ""
    """How it was held to the provider."""


@dataclass
class Recording:
    """What came of a recording."""

    interactions: list[Recorded] = field(default_factory=list)
    exchanges: int = 0
    dropped: int = 0
    tally: Tally = field(default_factory=Tally)
    took_s: float = 0.0
    notes: list[str] = field(default_factory=list)


Drive = Callable[[str], Awaitable[None]]
"""Makes the consumer's tests run, given the running consumer's URL."""


async def record(
    testbed: WireTestbed, *, calls: int = 8, drive: Drive | None = None, seed: int = 0
) -> Recording:
    """Record what an edge's consumer asks of its provider, and make interactions of it.

    Args:
        testbed: of the edge.
        calls: how often the trigger is called, unless there are tests to run.
        drive: runs the consumer's tests.
        seed: of the order in which changes are given.

    Raises:
        InvalidRun: nothing was recorded, or the consumer doesn't answer well.
    """
    began_s = time.monotonic()
    found = Recording()
    made = testbed.edge.entity.making is not None
    async with running_consumer(testbed, _SPARE if made else 0) as consumer:
        entities = await _drive(consumer, calls, drive)
        recorded = await consumer.recordings()
        found.exchanges, found.dropped = len(recorded.exchanges), recorded.dropped
        groups = _grouped(testbed, recorded.exchanges, entities)
        if not groups:
            raise InvalidRun(
                f"nothing was recorded: no request reached {testbed.edge.provider} through the "
                f"tap; does what was run ask {_variables(testbed)}?"
            )
        if drive is not None:
            await consumer.recorded()  # by what its requests show their calls
        taken: set[str] = set()
        for group in groups:
            one = _Group(testbed, consumer, group, found, seed)
            found.interactions.append(await one.recorded(taken))
    found.took_s = time.monotonic() - began_s
    return found


async def _drive(consumer: RunningConsumer, calls: int, drive: Drive | None) -> list[str]:
    """Let the consumer ask, everything that passes being kept; return the entities asked about."""
    entities: list[str] = []
    async with consumer.recording():
        if drive is not None:
            await drive(consumer.url)
            return entities
        for _ in range(calls):
            entities.append(await consumer.new_entity())
            await consumer.call(entities[-1])
        if (unknown := consumer.unknown_entity(entities[-1])) is not None:
            entities.append(unknown)
            await consumer.call(unknown)
    return entities


def _variables(testbed: WireTestbed) -> str:
    return " and ".join(testbed.edge.address_variables)


@dataclass(frozen=True)
class _Exchanges:
    """Exchanges of one method, template and status."""

    template: Template
    exchanges: tuple[RecordedExchange, ...]
    entities: tuple[str, ...]
    """That of each, as far as the edge's upstream says it."""


def _grouped(
    testbed: WireTestbed, exchanges: Sequence[RecordedExchange], entities: Sequence[str]
) -> list[_Exchanges]:
    upstream = Upstream(testbed.edge.upstream)
    declared = declared_template(testbed.edge.upstream.path)
    found: dict[tuple[str, str, int, tuple[str, ...]], list[tuple[Template, Any, str]]] = {}
    for one in exchanges:
        pair = Pair(one)
        entity = upstream.entity_in(one.method, one.path, pair.first_query) or ""
        known = [*entities, entity] if entity else list(entities)
        template = (declared if entity else None) or template_of(one.path, known)
        key = (one.method, template.shown, one.status, tuple(sorted(pair.query)))
        found.setdefault(key, []).append((template, one, entity))
    return [
        _Exchanges(
            group[0][0], tuple(one for _, one, _ in group), tuple(entity for *_, entity in group)
        )
        for group in found.values()
    ]


@dataclass
class _Group:
    """One interaction in the making."""

    testbed: WireTestbed
    consumer: RunningConsumer
    group: _Exchanges
    found: Recording
    seed: int

    async def recorded(self, taken: set[str]) -> Recorded:
        edge, redact = self.testbed.edge, self.testbed.config.redact_headers
        pairs = [Pair(one, redact) for one in self.group.exchanges]
        first = self.group.exchanges[0]
        upstream = Upstream(edge.upstream)
        reached = upstream.entity_in(first.method, first.path, pairs[0].first_query) is not None
        about, answers = self._answers(pairs)
        steady: Steady | None = None
        reducer = Reducer(answers, about, redact=redact)
        asked = f"{first.method} {self.group.template.shown}"
        if not reached:
            self.found.notes.append(
                f"{asked}: not reduced, so that all its fields are asked for: the trigger of "
                f"edges.{self.testbed.name} doesn't reach it; a further edge with another one does"
            )
        if reached:
            steady, why = await self._steady(reducer.base, about)
            if steady is None:
                reached = False
                self.found.notes.append(f"{asked}: {why}")
            else:
                reducer = Reducer(answers, about, consumer=self.consumer, redact=redact)
        reduced = await reducer.reduced(steady)
        chosen = next(
            (p for p, a in zip(pairs, answers, strict=True) if a is reducer.base), pairs[0]
        )
        document = interaction_of(
            chosen, pairs, self.group.template, reduced, about=about, taken=taken
        )
        interaction = _read(edge.consumer, edge.provider, document)
        one = Recorded(interaction, reduced, len(pairs), reached)
        one = replace(one, **await self._held(interaction, answers, chosen, about))
        if reached and steady is not None:
            measured = await measure_one(
                self.consumer,
                Subject(interaction, reducer.base, about),
                steady,
                self.found.tally,
                seed=self.seed,
            )
            one = replace(one, measured=measured)
        return one

    def _answers(self, pairs: Sequence[Pair]) -> tuple[str, list[HttpAnswer]]:
        """Return the entity that all are about, and the answers without secrets, about it."""
        answers = [pair.answer for pair in pairs]
        named = [entity for entity in self.group.entities if entity]
        if not named:
            ids = [self.group.template.ids(pair.exchange.path) for pair in pairs]
            for place, own in enumerate(ids):
                for old, new in zip(own, ids[0], strict=True):
                    answers[place] = renamed(answers[place], old, safe_text(new))
            return (safe_text(ids[0][-1]) if ids[0] else ""), [safe(one) for one in answers]
        made_up = self.testbed.edge.entity.ids
        about = safe_text(named[0] if made_up is None else made_up.replace("{n}", "1"))
        return about, [
            safe(renamed(answer, entity, about))
            for answer, entity in zip(answers, self.group.entities, strict=True)
        ]

    async def _steady(self, base: HttpAnswer, about: str) -> tuple[Steady | None, str]:
        try:
            return await steady_of(
                self.consumer, base, about, "what was recorded", self.testbed.edge.consumer
            ), ""
        except ContractBroken as broken:
            return None, f"not reduced: {broken.explanation}"

    async def _held(
        self, interaction: Interaction, answers: Sequence[HttpAnswer], chosen: Pair, about: str
    ) -> Mapping[str, Any]:
        """Hold the provider to it: by all that it answered, and by Pact's verifier where it may."""
        matrix = Matrix(interaction)
        for answer in answers:
            if refusal := matrix.refusal(answer):
                return {"refusal": refusal, "verified": "by its recorded answers"}
        exchange = chosen.exchange
        secret = any(name.lower() in _SECRETS for name, _ in exchange.request_headers)
        if exchange.method not in SAFE or secret or chosen.has_secrets:
            return {"verified": f"by {len(answers)} recorded answers"}
        document = {**interaction.document, "providerStates": []}
        alone = Interaction(interaction.consumer, interaction.provider, document)
        provider = Provider(interaction.provider, self.testbed.provider.url)
        try:
            with silence():
                verify_interaction(alone, provider)
        except ContractBroken as broken:
            return {"refusal": broken.explanation, "verified": "by Pact's verifier"}
        return {"verified": f"by Pact's verifier, and by {len(answers)} recorded answers"}


def _read(consumer: str, provider: str, document: Mapping[str, Any]) -> Interaction:
    """Return an interaction as a reader of the pact would have it.

    Raises:
        UsageError: what was written isn't a pact.
    """
    pact: PactFile = parse_pact(pact_document(consumer, provider, [document]), "the recorded pact")
    return pact.interactions[0]
