"""How strong a pact is, judged by a consumer that runs, in whatever language it is written.

Of each interaction that the edge's trigger reaches, the provider's own answer is changed in one
place at a time. What the consumer's caller then sees is one judge; the pact's matchers are another.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seatrial.checks import Outcome
from seatrial.errors import UsageError
from seatrial.pacts import (
    EXAMPLE,
    REAL,
    ContractBroken,
    HttpAnswer,
    Interaction,
    Matrix,
    MeasuredCase,
    Mutant,
    MutantStatus,
    MutationResult,
    PactFile,
    Waivers,
    kind_of,
    mutants,
    same_operation,
)
from seatrial.recording.entities import renamed
from seatrial.recording.running import RunningConsumer, running_consumer
from seatrial.recording.views import Steady, View, outcome_name
from seatrial.tap import RecordedExchange
from seatrial.testbed import Testbed, Upstream

_BASELINES = 6
_SPARE = 60
_GOOD: tuple[Outcome, ...] = ("good", "cached", "stale", "degraded", "missing")
SEEN = ("good and the same", "good and different", "degraded", "failed", "undeclared")
"""What a caller sees of a mutant."""


@dataclass(frozen=True)
class Measured:
    """One interaction, judged by its pact's matchers and by the consumer that runs."""

    interaction: Interaction
    case: MeasuredCase | None = None
    """None where it wasn't measured; `problem` or `skipped` says why."""
    seen: Counter[str] = field(default_factory=Counter)
    """How often a caller saw what, of `SEEN`."""
    undeclared: tuple[str, ...] = ()
    """The mutants whose caller got an answer that the edge doesn't declare, and what it was."""
    unreached: tuple[str, ...] = ()
    """The mutants that never reached the consumer."""
    problem: str | None = None
    """Why the unchanged answer doesn't pass."""
    skipped: str | None = None
    """Why the trigger doesn't reach it."""


@dataclass
class Tally:
    """How many mutants were judged, and how long that took, seconds."""

    mutants: int = 0
    took_s: float = 0.0

    @property
    def per_s(self) -> float:
        """The rate."""
        return self.mutants / self.took_s if self.took_s else 0.0


def entities_for(pact: PactFile, edge: "Testbed") -> int:
    """Return about how many entities a measurement of a pact asks for."""
    upstream = edge.edge.upstream
    reached = [one for one in pact.interactions if unlike(one, Upstream(upstream)) is None]
    counts = [len(list(mutants(kind_of(one).example(one)))) for one in reached]
    return 3 * sum(counts) + _SPARE


async def measure(
    testbed: Testbed, pact: PactFile, waivers: Waivers, tally: Tally, *, seed: int = 0
) -> tuple[Measured, ...]:
    """Measure each interaction of a pact by the consumer of an edge.

    Args:
        testbed: of the edge.
        pact: between its consumer and its provider.
        waivers: survivors that are lived with.
        tally: is added to.
        seed: of the order in which mutants are given.

    Raises:
        UsageError: the pact isn't between these two, or the trigger reaches none of it.
        InvalidRun: the consumer doesn't answer well to begin with, or stopped doing so.
    """
    upstream = Upstream(testbed.edge.upstream)
    if all(unlike(one, upstream) for one in pact.interactions):
        asked = f"{testbed.edge.upstream.method} {testbed.edge.upstream.path}"
        raise UsageError(
            f"{pact.path} has no interaction for {asked}, which edges.{testbed.name}.upstream "
            "declares; name another pact with --pact, or another edge"
        )
    async with running_consumer(testbed, entities_for(pact, testbed)) as consumer:
        entity, exchange = await consumer.recorded()
        real = answer_of(exchange)
        found = []
        for interaction in pact.interactions:
            if why := unlike(interaction, upstream):
                found.append(Measured(interaction, skipped=why))
                continue
            siblings = [one for one in pact.interactions if same_operation(one, interaction)]
            one = _One(consumer, interaction, siblings, upstream, waivers, tally, seed)
            found.append(await one.measured(entity, real))
    return tuple(found)


def unlike(interaction: Interaction, upstream: Upstream) -> str | None:
    """Return why an interaction isn't what an edge's calls ask the provider; None where it is."""
    if not kind_of(interaction).asks_over_http:
        return "a message, which no trigger's call asks for"
    request = interaction.document["request"]
    asked = f"{request['method']} {request['path']}"
    if upstream.entity_in(request["method"], request["path"], _query(request)) is None:
        return f"the edge's trigger doesn't make the consumer ask {asked}"
    return None


def _query(request: Any) -> dict[str, str]:
    given = request.get("query") or {}
    return {name: str(values[0] or "") for name, values in given.items() if values}


def answer_of(exchange: RecordedExchange) -> HttpAnswer:
    """Return the answer of an exchange."""
    return HttpAnswer(exchange.answer_body, exchange.status, exchange.answer_headers)


@dataclass
class _One:
    """The measurement of one interaction."""

    consumer: RunningConsumer
    interaction: Interaction
    siblings: Sequence[Interaction]
    upstream: Upstream
    waivers: Waivers
    tally: Tally
    seed: int

    async def measured(self, entity: str, real: HttpAnswer) -> Measured:
        matrix = Matrix(self.interaction, self.siblings)
        request = self.interaction.document["request"]
        about = self.upstream.entity_in(request["method"], request["path"], _query(request)) or ""
        answer, source = self._answer(matrix, renamed(real, entity, about or entity))
        about = about or entity
        try:
            matrix.require_accepted(answer, source)
            steady = await steady_of(
                self.consumer, answer, about, source, self.interaction.consumer
            )
        except ContractBroken as broken:
            return Measured(self.interaction, problem=broken.explanation)
        return await measure_one(
            self.consumer,
            Subject(self.interaction, answer, about, source, self.siblings, self.waivers),
            steady,
            self.tally,
            seed=self.seed,
        )

    def _answer(self, matrix: Matrix, real: HttpAnswer) -> tuple[HttpAnswer, str]:
        """Return the provider's own answer where it is this interaction's, else the example."""
        example = kind_of(self.interaction).example(self.interaction)
        assert isinstance(example, HttpAnswer)
        if real.status != example.status:
            why = f"the provider answers {real.status} to the edge's trigger"
        elif refusal := matrix.refusal(real):
            why = f"the provider's own answer breaks the contract: {refusal}"
        elif other := owner(self.interaction, self.siblings, real):
            why = f"the provider's own answer is that of {other.subject}"
        else:
            return real, REAL
        return _typed(example), f"{EXAMPLE} ({why})"


def owner(
    interaction: Interaction, siblings: Sequence[Interaction], answer: HttpAnswer
) -> Interaction | None:
    """Return the sibling that names fields of an answer which the interaction doesn't name.

    An interaction accepts the answer of another state, since matchers let further fields pass;
    what its consumer does with those is that state's.
    """
    example = kind_of(interaction).example
    unnamed = _fields(answer) - _fields(example(interaction))
    return next((one for one in siblings if unnamed & _fields(example(one))), None)


def _fields(answer: Any) -> set[tuple[str, ...]]:
    paths = (one.path for one in mutants(answer) if one.path is not None)
    return {tuple("" if isinstance(key, int) else key for key in path) for path in paths}


@dataclass(frozen=True)
class Subject:
    """An interaction, and the answer that is changed."""

    interaction: Interaction
    answer: HttpAnswer
    about: str
    """The entity of the answer."""
    source: str = REAL
    siblings: Sequence[Interaction] = ()
    waivers: Waivers | None = None


async def measure_one(
    consumer: RunningConsumer, subject: Subject, steady: Steady, tally: Tally, *, seed: int = 0
) -> Measured:
    """Measure one interaction by its consumer; `steady` is how it takes the unchanged answer."""
    interaction = subject.interaction
    matrix = Matrix(interaction, subject.siblings)
    every = list(mutants(subject.answer))
    began_s, cpu_s = time.monotonic(), time.process_time()
    views = await consumer.views([one.answer for one in every], subject.about, seed=seed)
    tally.mutants += len(every)
    tally.took_s += time.monotonic() - began_s
    pairs = list(zip(every, views, strict=True))
    reached = [(mutant, one) for mutant, one in pairs if one is not None]
    judged = [matrix.judged(m, steady.before, steady.reaction(one)) for m, one in reached]
    doubtful = [
        place
        for place, (one, (_, seen_of)) in enumerate(zip(judged, reached, strict=True))
        if one.finding is MutantStatus.SURVIVED and seen_of.outcome != steady.outcome
    ]
    if doubtful:  # a busy machine makes a consumer fail too: what it minds, it minds twice
        again = await consumer.views(
            [reached[place][0].answer for place in doubtful], subject.about, at_once=2
        )
        for place, second in zip(doubtful, again, strict=True):
            if second is not None:
                mutant = reached[place][0]
                reached[place] = (mutant, second)
                judged[place] = matrix.judged(mutant, steady.before, steady.reaction(second))
    used_s = time.process_time() - cpu_s
    result = MutationResult(interaction.subject, subject.source, tuple(judged), used_s)
    waivers = subject.waivers.of(interaction.subject) if subject.waivers else ()
    return Measured(
        interaction,
        MeasuredCase(result, waivers, kind_of(interaction).noun),
        seen=Counter(seen(steady, one) for _, one in reached),
        undeclared=tuple(_undeclared(steady, reached)),
        unreached=tuple(mutant.name for mutant, one in pairs if one is None),
    )


async def steady_of(
    consumer: RunningConsumer, answer: HttpAnswer, about: str, source: str, name: str
) -> Steady:
    """Give the unchanged answer a few times, and return what stays the same.

    Raises:
        ContractBroken: the consumer can't take it.
    """
    wanted = _GOOD if answer.status < 400 else (*_GOOD, "failed")
    views: list[View] = []
    for at_once in (None, 2, 1):  # fewer at a time where the machine is busy
        given = await consumer.views([answer] * _BASELINES, about, at_once=at_once)
        views = [one for one in given if one is not None]
        if not views:
            raise ContractBroken(f"{source} never reached {name}: its calls end before")
        steady = Steady(views)
        if steady.agrees and steady.outcome in wanted:
            return steady
    worst = next((one for one in views if one.outcome not in wanted), views[0])
    raise ContractBroken(
        f"{name} can't take {source}: its caller sees {outcome_name(worst.outcome)}: {worst.shown}"
    )


def _typed(example: HttpAnswer) -> HttpAnswer:
    """Return an example with the type of its body: a server says it, where a pact needn't."""
    if not example.body or example.content_type is not None:
        return example
    try:
        json.loads(example.body)
    except ValueError:
        kind = "text/plain"
    else:
        kind = "application/json"
    return replace(example, headers=(*example.headers, ("content-type", kind)))


def seen(steady: Steady, one: View) -> str:
    """Return what a caller sees of a mutant, of `SEEN`."""
    if one.outcome == steady.outcome:
        return "good and different" if steady.differences(one) else "good and the same"
    if one.outcome in ("stale", "degraded"):
        return "degraded"
    if one.outcome == "other":
        return "undeclared"
    return "good and different" if one.outcome in ("good", "cached") else "failed"


def _undeclared(steady: Steady, reached: Sequence[tuple[Mutant[Any], View]]) -> Iterator[str]:
    for mutant, one in reached:
        if one.outcome == "other" and steady.outcome != "other":
            yield f"{mutant.name}: {one.shown}"
