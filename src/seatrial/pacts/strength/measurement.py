"""A case measured: whose answer is mutated, and what the list of waivers makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.answers import Answer
from seatrial.pacts.book import Book
from seatrial.pacts.cases import AnyCase
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.providers import Providers
from seatrial.pacts.strength.matrix import (
    JudgedMutant,
    MutantStatus,
    MutationResult,
    Subject,
    judge,
    same_operation,
)
from seatrial.pacts.strength.recording import record
from seatrial.pacts.strength.waivers import Waiver, Waivers

REAL = "the provider's own answer"
EXAMPLE = "the pact's example"


@dataclass(frozen=True)
class MeasuredCase:
    """The strength of one interaction, next to its waivers."""

    strength: MutationResult
    waivers: tuple[Waiver, ...]
    noun: str
    """The kind of what was mutated: "answer", "message"."""

    @property
    def survived(self) -> tuple[JudgedMutant, ...]:
        """Those without a waiver."""
        known = {entry.mutant for entry in self.waivers}
        return tuple(
            one for one in self.strength.of(MutantStatus.SURVIVED) if one.mutant not in known
        )

    @property
    def stale(self) -> tuple[Waiver, ...]:
        """Waivers of what doesn't survive; what only a real answer has isn't known without one."""
        found = {one.mutant: one.finding for one in self.strength.judged}
        real = self.strength.source == REAL
        return tuple(
            entry
            for entry in self.waivers
            if found.get(entry.mutant, None if real else MutantStatus.SURVIVED)
            is not MutantStatus.SURVIVED
        )

    def as_values(self) -> dict[str, Any]:
        """What a result says of it, as plain values."""
        facts = self.facts()
        minded = facts["killed"] + facts["waived"]
        sentence = (
            f"{facts['killed']} of {minded} changes that the consumer minds are refused"
            f"{', the others are waived' if facts['waived'] else ''}; "
            f"{facts['over_specified']} more that it doesn't notice"
        )
        return {"facts": facts, "texts": self.texts(), "sentence": sentence}

    def facts(self) -> dict[str, Any]:
        """Its numbers, and whose answer was mutated."""
        counts = {finding: len(self.strength.of(finding)) for finding in MutantStatus}
        return {
            "mutants": len(self.strength.judged),
            "killed": counts[MutantStatus.KILLED],
            "survived": len(self.survived),
            "waived": counts[MutantStatus.SURVIVED] - len(self.survived),
            "over_specified": counts[MutantStatus.OVER_SPECIFIED],
            "equivalent": counts[MutantStatus.EQUIVALENT],
            "followed": counts[MutantStatus.FOLLOWED],
            "covered": counts[MutantStatus.COVERED],
            "mutated": self.strength.source,
            "noun": self.noun,
            "cpu_ms": round(self.strength.cpu_s * 1000, 3),
        }

    def texts(self) -> dict[str, str]:
        """Title → what was found, where there is something to read."""
        reasons = {entry.mutant: entry.reason for entry in self.waivers}
        told = {
            "survived": [f"{one.mutant}: {one.reason}" for one in self.survived],
            "survived, waived": [
                f"{one.mutant}: {reasons[one.mutant]}"
                for one in self.strength.of(MutantStatus.SURVIVED)
                if one.mutant in reasons
            ],
            "over-specified: refused, and the consumer doesn't notice": [
                f"{one.mutant}: {one.reason}"
                for one in self.strength.of(MutantStatus.OVER_SPECIFIED)
            ],
        }
        return {title: "\n".join(lines) for title, lines in told.items() if lines}

    def require_strong(self) -> None:
        """Fail on a survivor that nobody waived, and on a waiver of nothing.

        Raises:
            ContractBroken: there is one; it names it.
        """
        if self.survived:
            first, more = self.survived[0], len(self.survived) - 1
            raise ContractBroken(
                f"{self.strength.subject}: a provider's change `{first.mutant}` would go unnoticed"
                f"{f' (and {more} more)' if more else ''}: {first.reason}; name the field in the "
                "case, tighten its matcher, or waive the survivor with a reason",
                self.texts()["survived"],
            )
        if self.stale:
            raise ContractBroken(
                f"{self.strength.subject}: `{self.stale[0].mutant}` is waived and is "
                "none any more; delete the waiver"
            )


def measure(
    case: AnyCase, cases: Sequence[AnyCase], book: Book, providers: Providers, waivers: Waivers
) -> MeasuredCase:
    """Mutate the provider's own answer to a case, or its example where there is none.

    Raises:
        ContractBroken: the case itself fails, or its consumer can't take the provider's answer.
        UsageError: its consumer can't be measured.
    """
    interaction = book.exercise(case)
    answer, source = _answer(interaction, providers)
    strength = judge(
        Subject(
            interaction, case.consumer(), answer, source, _siblings(interaction, case, cases, book)
        )
    )
    return MeasuredCase(strength, waivers.of(interaction.subject), kind_of(interaction).noun)


def _answer(interaction: Interaction, providers: Providers) -> tuple[Answer, str]:
    kind = kind_of(interaction)
    try:
        answer = providers.ask(interaction, record)
    except (ContractBroken, UsageError) as error:
        why = str(error).splitlines()[0]
    else:
        if not kind.judge(interaction)(answer):
            return answer, REAL
        # Its verification says so; what the contract is worth can be measured still.
        why = "the provider's own answer breaks the contract"
    return kind.example(interaction), f"{EXAMPLE} ({why})"


def _siblings(
    interaction: Interaction, case: AnyCase, cases: Sequence[AnyCase], book: Book
) -> list[Interaction]:
    found = []
    for other in cases:
        if other is not case and other.pair is case.pair:
            try:
                exercised = book.exercise(other)
            except ContractBroken:
                continue  # its own test says so
            if same_operation(interaction, exercised):
                found.append(exercised)
    return found
