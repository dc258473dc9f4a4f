"""The kill matrix of one interaction: every mutant, and what both judges say of it.

A *survivor* is what the matchers accept and the consumer can't live with: it raises, or it silently
loses what it read. *Over-specified* is what the matchers refuse and the consumer doesn't notice.
"""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from seatrial.pacts.answers import Answer
from seatrial.pacts.consumers import Consumer, Reaction
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.matching import Refusal
from seatrial.pacts.strength.mutants import Mutant, Place, mutants


class MutantStatus(StrEnum):
    """The status of a mutant."""

    KILLED = "killed"
    """The matchers refuse what the consumer would have noticed."""
    OVER_SPECIFIED = "over-specified"
    """The matchers refuse what the consumer doesn't notice."""
    EQUIVALENT = "equivalent"
    """Both go on as before."""
    FOLLOWED = "followed"
    """The matchers accept another value, and the consumer goes by it."""
    COVERED = "covered"
    """The consumer loses what it read, and another interaction of the same operation refuses it."""
    SURVIVED = "survived"


@dataclass(frozen=True, slots=True)
class JudgedMutant:
    """One mutant and what became of it."""

    mutant: str
    finding: MutantStatus
    reason: str


@dataclass(frozen=True)
class MutationResult:
    """The strength of one interaction's contract."""

    subject: str
    source: str
    """Whose answer was mutated: the provider's own, or the pact's example."""
    judged: tuple[JudgedMutant, ...]
    cpu_s: float
    """Processor time that judging took, seconds."""

    def of(self, finding: MutantStatus) -> tuple[JudgedMutant, ...]:
        """Those that this became of."""
        return tuple(one for one in self.judged if one.finding is finding)


@dataclass(frozen=True)
class Subject:
    """The interaction, consumer and answer that are judged."""

    interaction: Interaction
    consumer: Consumer
    answer: Answer
    source: str
    siblings: Sequence[Interaction] = ()
    """The other interactions of the same operation."""


def judge(subject: Subject) -> MutationResult:
    """Put every mutant of an answer before both judges.

    Raises:
        ContractBroken: the unchanged answer doesn't pass; there is nothing to measure by.
        UsageError: the consumer can't be given answers.
    """
    with subject.consumer.ready():
        return asyncio.run(_judge(subject))


async def _judge(subject: Subject) -> MutationResult:
    matrix = Matrix(subject.interaction, subject.siblings)
    matrix.require_accepted(subject.answer, subject.source)
    before = await subject.consumer.take(subject.answer)
    if before.error:
        raise ContractBroken(
            f"{subject.interaction.consumer} can't take {subject.source} to "
            f"{subject.interaction.subject!r}: {before.error}: {before.message}"
        )
    began_s = time.process_time()
    judged = [
        matrix.judged(mutant, before, await subject.consumer.take(mutant.answer))
        for mutant in mutants(subject.answer)
    ]
    cpu_s = time.process_time() - began_s
    return MutationResult(subject.interaction.subject, subject.source, tuple(judged), cpu_s)


class Matrix:
    """The kill matrix of one interaction, whoever its consumer is."""

    def __init__(self, interaction: Interaction, siblings: Sequence[Interaction] = ()) -> None:
        """Take the interaction, and the others of the same operation."""
        self._interaction = interaction
        self._refusal = kind_of(interaction).judge(interaction)
        self._siblings = Siblings(siblings)
        self._promised = _promised(interaction)

    def refusal(self, answer: Answer) -> Refusal:
        """Say why the matchers refuse an answer, or None."""
        return self._refusal(answer)

    def require_accepted(self, answer: Answer, source: str) -> None:
        """Make sure that the matchers accept what nothing was changed in.

        Raises:
            ContractBroken: they don't.
        """
        if refusal := self._refusal(answer):
            raise ContractBroken(
                f"{self._interaction.subject}: {source} breaks the contract before anything "
                f"is changed in it: {refusal}"
            )

    def judged(self, mutant: Mutant[Any], before: Reaction, reaction: Reaction) -> JudgedMutant:
        """Judge a mutant.

        Args:
            mutant: the changed answer.
            before: the consumer's reaction to the unchanged one.
            reaction: its reaction to this one.
        """
        refusal = self._refusal(mutant.answer)
        found = _find(mutant, refusal, before, reaction, self._promised)
        if (
            found is MutantStatus.SURVIVED
            and not reaction.error
            and self._siblings.refuse(mutant.name)
        ):
            found = MutantStatus.COVERED
        return JudgedMutant(mutant.name, found, _reason(found, refusal, reaction))


def _find(
    mutant: Mutant[Any],
    refusal: Refusal,
    before: Reaction,
    reaction: Reaction,
    promised: Callable[[Place], bool],
) -> MutantStatus:
    same = reaction.same(before)
    if refusal is not None:
        return MutantStatus.OVER_SPECIFIED if same else MutantStatus.KILLED
    if same:
        return MutantStatus.EQUIVALENT
    if reaction.error is None and (mutant.of_value or _null_as_agreed(mutant, promised)):
        return MutantStatus.FOLLOWED
    return MutantStatus.SURVIVED


def _null_as_agreed(mutant: Mutant[Any], promised: Callable[[Place], bool]) -> bool:
    """True where the pact names the field, and so accepts its null with open eyes."""
    return mutant.path is not None and mutant.name.startswith("null ") and promised(mutant.path)


def _promised(interaction: Interaction) -> Callable[[Place], bool]:
    """Says whether the pact's own example has a field."""
    body = kind_of(interaction).example(interaction).body
    try:
        document = json.loads(body) if body else None
    except ValueError:
        document = None

    def promised(path: Place) -> bool:
        value: Any = document
        for key in path:
            if isinstance(value, dict) and key in value:
                value = value[key]
            elif isinstance(value, list) and value and isinstance(key, int):
                value = value[0]  # an example has one item where an answer may have many
            else:
                return False
        return True

    return promised


def _reason(finding: MutantStatus, refusal: Refusal, reaction: Reaction) -> str:
    if finding is not MutantStatus.SURVIVED:
        return refusal or ""
    if reaction.error:
        return (
            f"the matchers accept it, and the consumer {reaction.verb} {reaction.error}: "
            f"{reaction.message}"
        )
    return "the matchers accept it, and the consumer silently loses what it read"


class Siblings:
    """The other interactions of an operation: what a provider changes, it changes for them too.

    They tell the field that is there at times from the one that nobody asked for: where one
    interaction can do without a field and another one needs it, no change
    gets past the pact as a whole.
    """

    def __init__(self, interactions: Sequence[Interaction]) -> None:
        self._interactions = interactions
        self._refused: set[str] | None = None

    def refuse(self, mutant: str) -> bool:
        """True where one of them refuses the same change of its own example."""
        if self._refused is None:
            self._refused = set()
            for interaction in self._interactions:
                judge_of = kind_of(interaction).judge(interaction)
                self._refused |= {
                    other.name
                    for other in mutants(kind_of(interaction).example(interaction))
                    if judge_of(other.answer)
                }
        return mutant in self._refused


def same_operation(one: Interaction, other: Interaction) -> bool:
    """True where two interactions ask the same of one provider, of whatever entity.

    Its kind knows what of it names an entity.
    """
    return one is not other and _operation(one) == _operation(other)


def _operation(interaction: Interaction) -> tuple[object, ...]:
    parties = (interaction.consumer, interaction.provider)
    return (*parties, interaction.type, kind_of(interaction).operation(interaction))
