"""The table judged: real answers recorded once, each change of them put before the contracts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from contracts import PACTS
from contracts.changes.table import Change
from contracts.states import ALL
from seatrial.errors import UsageError
from seatrial.pacts import Interaction, read_pacts
from seatrial.pacts.answers import Answer
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.matching import Judge as AnswerJudge
from seatrial.pacts.providers import Providers
from seatrial.pacts.strength.recording import record

COMMANDS = {
    states.provider: ("python", "-m", "contracts.states", states.provider) for states in ALL
}


Judge = Callable[[Interaction, Answer], str | None]
"""Says how an answer breaks an interaction; None when it holds."""


@dataclass(frozen=True)
class Recorded:
    """An interaction, and what its real provider answers or sends."""

    interaction: Interaction
    answer: Answer


@dataclass(frozen=True)
class Outcome:
    """The contracts' judgement on a change."""

    change: Change
    touched: int
    """The number of answers that it altered."""
    red: frozenset[str]
    """The consumers whose contracts broke."""
    reasons: tuple[str, ...]

    @property
    def wrong(self) -> str | None:
        """Why this isn't as the table says; None when it is."""
        if not self.touched:
            return "it alters no answer, so it proves nothing"
        if missed := self.change.breaks - self.red:
            return f"not noticed for {', '.join(sorted(missed))}"
        if more := self.red - self.change.breaks:
            return f"red for {', '.join(sorted(more))}: {self.reasons[0]}"
        return None


def record_all(providers: Providers) -> tuple[Recorded, ...]:
    """Collect what every provider answers to every interaction, and sends, in its state.

    Raises:
        ContractBroken: one gives no answer, or a state fails.
    """
    pacts = read_pacts(PACTS, list(COMMANDS))
    providers.begin(COMMANDS)
    return tuple(
        Recorded(interaction, providers.ask(interaction, record))
        for pact in pacts
        for interaction in pact.interactions
    )


def in_process() -> Judge:
    """The contracts' own matchers, without the verifier, which they are held to elsewhere."""
    known: dict[str, AnswerJudge] = {}

    def judge(interaction: Interaction, answer: Answer) -> str | None:
        if interaction.subject not in known:
            known[interaction.subject] = kind_of(interaction).judge(interaction)
        return known[interaction.subject](answer)

    return judge


def require_green(recorded: Iterable[Recorded], judge: Judge) -> None:
    """Make sure that unaltered answers hold, so that what is red is the change's doing.

    Raises:
        UsageError: one doesn't.
    """
    for each in recorded:
        if reason := judge(each.interaction, each.answer):
            raise UsageError(f"without any change: {reason}; mend the provider first")


def alter(change: Change, recorded: Iterable[Recorded]) -> Iterator[Recorded]:
    """The provider's answers and messages that a change alters, altered."""
    for each in recorded:
        if each.interaction.provider == change.provider:
            altered = change.alter(each.interaction, each.answer)
            if altered != each.answer:
                yield Recorded(each.interaction, altered)


def outcome(change: Change, recorded: Sequence[Recorded], judge: Judge) -> Outcome:
    """Make a change to every answer of its provider, and see whose contracts break."""
    touched, red, reasons = 0, set(), []
    for each in alter(change, recorded):
        touched += 1
        if reason := judge(each.interaction, each.answer):
            red.add(each.interaction.consumer)
            reasons.append(reason)
    return Outcome(change, touched, frozenset(red), tuple(reasons))
