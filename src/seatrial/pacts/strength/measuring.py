"""A case measured: whose answer is mutated, and what the list of allowed holes makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.book import Book
from seatrial.pacts.cases import AnyCase, MessageCase
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.files import Interaction
from seatrial.pacts.providers import Providers
from seatrial.pacts.strength.allowances import Allowance, Allowances
from seatrial.pacts.strength.answers import Answer, example
from seatrial.pacts.strength.consumers import ClientConsumer, Consumer, HandlerConsumer
from seatrial.pacts.strength.matching import Matchers
from seatrial.pacts.strength.matrix import Finding, Judged, Strength, Subject, judge, same_operation
from seatrial.pacts.strength.recording import record

REAL = "the provider's own answer"
EXAMPLE = "the pact's example"


@dataclass(frozen=True)
class Measured:
    """The strength of one interaction, beside what is allowed of it."""

    strength: Strength
    allowed: tuple[Allowance, ...]
    is_message: bool

    @property
    def holes(self) -> tuple[Judged, ...]:
        """Those that nobody allowed."""
        known = {entry.mutant for entry in self.allowed}
        return tuple(one for one in self.strength.of(Finding.HOLE) if one.mutant not in known)

    @property
    def stale(self) -> tuple[Allowance, ...]:
        """What is allowed and is no hole; what only a real answer has isn't known without one."""
        found = {one.mutant: one.finding for one in self.strength.judged}
        real = self.strength.source == REAL
        return tuple(
            entry
            for entry in self.allowed
            if found.get(entry.mutant, None if real else Finding.HOLE) is not Finding.HOLE
        )

    def told(self) -> dict[str, Any]:
        """What a result tells of it, as plain values."""
        facts = self.facts()
        minded = facts["killed"] + facts["holes_allowed"]
        sentence = (
            f"{facts['killed']} of {minded} changes that the consumer minds are refused"
            f"{', the others are allowed' if facts['holes_allowed'] else ''}; "
            f"{facts['too_strict']} more that it doesn't notice"
        )
        return {"facts": facts, "texts": self.texts(), "sentence": sentence}

    def facts(self) -> dict[str, Any]:
        """Its numbers, and whose answer was mutated."""
        counts = {finding: len(self.strength.of(finding)) for finding in Finding}
        return {
            "mutants": len(self.strength.judged),
            "killed": counts[Finding.KILLED],
            "holes": len(self.holes),
            "holes_allowed": counts[Finding.HOLE] - len(self.holes),
            "too_strict": counts[Finding.TOO_STRICT],
            "harmless": counts[Finding.HARMLESS],
            "followed": counts[Finding.FOLLOWED],
            "covered": counts[Finding.COVERED],
            "mutated": self.strength.source,
            "is_message": self.is_message,
            "cpu_ms": round(self.strength.cpu_s * 1000, 3),
        }

    def texts(self) -> dict[str, str]:
        """Title → what was found, where there is something to read."""
        reasons = {entry.mutant: entry.reason for entry in self.allowed}
        told = {
            "holes": [f"{one.mutant}: {one.reason}" for one in self.holes],
            "holes that are allowed": [
                f"{one.mutant}: {reasons[one.mutant]}"
                for one in self.strength.of(Finding.HOLE)
                if one.mutant in reasons
            ],
            "too strict: refused, and the consumer doesn't notice": [
                f"{one.mutant}: {one.reason}" for one in self.strength.of(Finding.TOO_STRICT)
            ],
        }
        return {title: "\n".join(lines) for title, lines in told.items() if lines}

    def require_strong(self) -> None:
        """Fail on a hole that nobody allowed, and on an allowance that allows nothing.

        Raises:
            ContractBroken: there is one; it names it.
        """
        if self.holes:
            first, more = self.holes[0], len(self.holes) - 1
            raise ContractBroken(
                f"{self.strength.subject}: a provider's change `{first.mutant}` would go unnoticed"
                f"{f' (and {more} more)' if more else ''}: {first.reason}; name the field in the "
                "case, tighten its matcher, or allow the hole with a reason",
                self.texts()["holes"],
            )
        if self.stale:
            raise ContractBroken(
                f"{self.strength.subject}: `{self.stale[0].mutant}` is allowed as a hole and is "
                "none any more; delete the allowance"
            )


def measure(
    case: AnyCase, cases: Sequence[AnyCase], book: Book, providers: Providers, allowed: Allowances
) -> Measured:
    """Mutate the provider's own answer to a case, or its example where there is none.

    Raises:
        ContractBroken: the case itself fails, or its consumer can't take the provider's answer.
        UsageError: its consumer can't be measured.
    """
    interaction = book.play(case)
    answer, source = _answer(interaction, providers)
    strength = judge(
        Subject(
            interaction, _consumer(case), answer, source, _siblings(interaction, case, cases, book)
        )
    )
    return Measured(strength, allowed.of(interaction.subject), isinstance(case, MessageCase))


def _answer(interaction: Interaction, providers: Providers) -> tuple[Answer, str]:
    try:
        answer = providers.ask(interaction, record)
    except (ContractBroken, UsageError) as error:
        return example(interaction), f"{EXAMPLE} ({str(error).splitlines()[0]})"
    if Matchers(interaction).refusal(answer):
        # Its verification says so; what the contract is worth can be measured still.
        return example(interaction), f"{EXAMPLE} (the provider's own answer breaks the contract)"
    return answer, REAL


def _consumer(case: AnyCase) -> Consumer:
    return HandlerConsumer(case) if isinstance(case, MessageCase) else ClientConsumer(case)


def _siblings(
    interaction: Interaction, case: AnyCase, cases: Sequence[AnyCase], book: Book
) -> list[Interaction]:
    found = []
    for other in cases:
        if other is not case and other.pair is case.pair:
            try:
                played = book.play(other)
            except ContractBroken:
                continue  # its own test says so
            if same_operation(interaction, played):
                found.append(played)
    return found
