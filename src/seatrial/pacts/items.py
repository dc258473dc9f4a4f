"""What pytest's markers stand for: cases, interactions and pairs as parameters of a test.

`pact_consumer(cases)` makes one test a case: the consumer's client against the mock provider.
`pact_committed(cases, pacts=folder)` makes one a pair: the committed pact against what its cases
produce. `pact_provider(name, pacts=folder, states=[…], messages=[…])` makes one an interaction: the
provider against it. `pact_strength(cases, waivers=file)` makes one a case: what a provider could
change without the pact noticing. `pact_documented(pacts=folder)` makes one a provider: its OpenAPI
document next to what its consumers expect.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.cases import AnyCase
from seatrial.pacts.files import read_pact, read_pacts
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.messages import Messages
from seatrial.pacts.states import States


@dataclass(frozen=True)
class ContractTest:
    """A result's words about one test."""

    kind: str
    """"consumer", "committed", "provider", "strength" or "openapi"."""
    subject: str
    promise: str
    """The sentence for a test that passes."""
    provider: str


def consumer(cases: Sequence[AnyCase]) -> list[Any]:
    """Parameters for `pact_consumer`.

    Raises:
        UsageError: two cases have one description and states.
    """
    _refuse_same_names(cases)
    return [
        parameter(
            case,
            case.id,
            ContractTest(
                "consumer",
                case.subject,
                case.promise,
                case.pair.provider,
            ),
        )
        for case in cases
    ]


def strength(cases: Sequence[AnyCase], *, waivers: Path) -> list[Any]:
    """Parameters for `pact_strength`.

    Raises:
        UsageError: two cases have one description and states, the list of waivers can't be
            read, or it names an interaction that isn't there.
    """
    from seatrial.pacts.strength.waivers import read_waivers

    _refuse_same_names(cases)
    read_waivers(waivers).refuse_unknown({case.subject for case in cases})
    promise = "no change of the provider's that breaks the consumer goes unnoticed"
    return [
        parameter(
            case, case.id, ContractTest("strength", case.subject, promise, case.pair.provider)
        )
        for case in cases
    ]


def documented(*, pacts: Path, openapi: str = "/openapi.json") -> list[Any]:
    """Parameters for `pact_documented`: the requests of each provider that a pact names.

    Args:
        pacts: the folder of the committed pacts.
        openapi: where providers publish their document; `pact_document` asks there.

    Raises:
        UsageError: a pact can't be read.
    """
    found: dict[str, list[Interaction]] = {}
    for pact in map(read_pact, sorted(pacts.glob("*.json"))):
        asked = [entry for entry in pact.interactions if kind_of(entry).asks_over_http]
        found.setdefault(pact.provider, []).extend(asked)
    promise = f"its document at {openapi} says all that its consumers ask and expect"
    return [
        parameter(tuple(entries), name, ContractTest("openapi", name, promise, name))
        for name, entries in sorted(found.items())
        if entries
    ]


def committed(cases: Sequence[AnyCase], *, pacts: Path) -> list[Any]:
    """Parameters for `pact_committed`: the cases of each pair.

    Raises:
        UsageError: two cases have one description and states, or a file belongs to no pair.
    """
    _refuse_same_names(cases)
    pairs = {str(case.pair): case.pair for case in cases}
    files = {pair.file_name for pair in pairs.values()}
    for path in sorted(pacts.glob("*.json")):
        if path.name not in files:
            raise UsageError(
                f"{path} isn't produced by any consumer's case; delete it, or fix its name"
            )
    return [
        parameter(
            tuple(case for case in cases if str(case.pair) == name),
            f"{pair.consumer}-{pair.provider}",
            ContractTest(
                "committed",
                f"{pair}: {pacts.name}/{pair.file_name}",
                "the committed pact is what the consumer's tests produce",
                pair.provider,
            ),
        )
        for name, pair in sorted(pairs.items())
    ]


def provider(elsewhere: Container[str]) -> Callable[..., list[Any]]:
    """Make the parameters for `pact_provider`.

    Args:
        elsewhere: the providers that run at addresses of their own, with handlers and producers of
            their own.
    """

    def collect(
        name: str,
        *,
        pacts: Path,
        states: Sequence[States[Any]] = (),
        messages: Sequence[Messages[Any]] = (),
    ) -> list[Any]:
        mine = _interactions_of(name, pacts, states)
        if name not in elsewhere:
            require_handlers(name, mine, states, messages)
        return [interaction_parameter(entry, entry.id) for entry in mine]

    return collect


def _interactions_of(name: str, pacts: Path, states: Sequence[States[Any]]) -> list[Interaction]:
    """The interactions of a provider.

    Raises:
        UsageError: no pact names it, or a pact names one of which no states are known.
    """
    known = {registry.provider for registry in states}
    read = read_pacts(pacts, known or None)
    mine = [entry for pact in read if pact.provider == name for entry in pact.interactions]
    if not mine:
        raise UsageError(
            f"no pact in {pacts} names the provider {name!r}, so nothing would be verified; "
            f"fix the name (named: {', '.join(sorted({pact.provider for pact in read}))})"
        )
    return mine


def require_handlers(
    name: str,
    interactions: Sequence[Interaction],
    states: Sequence[States[Any]],
    messages: Sequence[Messages[Any]],
) -> None:
    """Refuse interactions that a provider of ours can't be held to.

    Raises:
        UsageError: the provider isn't known, a state has no handler, or a message no producer.
    """
    known = {registry.provider: registry for registry in states}
    known.get(name, States[Any](name)).require(interactions)
    sent = {registry.provider: registry for registry in messages}
    sent.get(name, Messages[Any](name)).require(interactions)


def interaction_parameter(
    interaction: Interaction, name: str, marks: Sequence[pytest.MarkDecorator] = ()
) -> Any:
    """A parameter of `pact_provider`, for an interaction, under a name in pytest."""
    promise = _promise(interaction)
    record = ContractTest("provider", interaction.subject, promise, interaction.provider)
    return parameter(interaction, name, record, marks)


def _promise(interaction: Interaction) -> str:
    does = kind_of(interaction).does
    return f"{interaction.provider} {does} as the pact says"


def parameter(
    value: object, name: str, record: ContractTest, marks: Sequence[pytest.MarkDecorator] = ()
) -> Any:
    """A parameter with what a result says of its test."""
    return pytest.param(value, id=name, marks=(pytest.mark.contract(record), *marks))


def _refuse_same_names(cases: Sequence[AnyCase]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.subject in seen:
            raise UsageError(
                f"two cases are called {case.subject!r}, and Pact would keep only one; "
                "give one another description or state"
            )
        seen.add(case.subject)
