"""What pytest's markers stand for: cases, interactions and pairs as parameters of a test.

`pact_consumer(cases)` makes one test a case: the consumer's client against the mock provider.
`pact_committed(cases, pacts=folder)` makes one a pair: the committed pact against what its cases
produce. `pact_provider(name, pacts=folder, states=[…])` makes one an interaction: the provider
against it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.cases import Case
from seatrial.pacts.files import read_pacts
from seatrial.pacts.states import States


@dataclass(frozen=True)
class Record:
    """What a result says of one test."""

    kind: str
    """"consumer", "committed" or "provider"."""
    subject: str
    promise: str
    """What it shows when it passes, in a sentence."""
    provider: str


def consumer(cases: Sequence[Case[Any]]) -> list[Any]:
    """Parameters for `pact_consumer`.

    Raises:
        UsageError: two cases have one description and states.
    """
    _refuse_same_names(cases)
    return [
        _parameter(
            case,
            case.id,
            Record(
                "consumer",
                case.subject,
                f"{case.pair.consumer} asks as its case says and makes the expected of the answer",
                case.pair.provider,
            ),
        )
        for case in cases
    ]


def committed(cases: Sequence[Case[Any]], *, pacts: Path) -> list[Any]:
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
                f"{path} is produced by no consumer's case; delete it, or mend its name"
            )
    return [
        _parameter(
            tuple(case for case in cases if str(case.pair) == name),
            f"{pair.consumer}-{pair.provider}",
            Record(
                "committed",
                f"{pair}: {pacts.name}/{pair.file_name}",
                "the committed pact is what the consumer's tests produce",
                pair.provider,
            ),
        )
        for name, pair in sorted(pairs.items())
    ]


def provider(
    name: str, *, pacts: Path, states: Sequence[States[Any]], elsewhere: bool
) -> list[Any]:
    """Parameters for `pact_provider`.

    Args:
        name: the provider.
        pacts: the folder of the committed pacts.
        states: the states of every provider that is verified anywhere.
        elsewhere: it runs at an address of its own, with state handlers of its own.

    Raises:
        UsageError: no pact names the provider, a pact names an unknown one, or a state has no
            handler.
    """
    known = {registry.provider: registry for registry in states}
    read = read_pacts(pacts, known)
    mine = [entry for pact in read if pact.provider == name for entry in pact.interactions]
    if not mine:
        raise UsageError(
            f"no pact in {pacts} names the provider {name!r}, so nothing would be verified; "
            f"mend the name (named: {', '.join(sorted({pact.provider for pact in read}))})"
        )
    if not elsewhere:
        known[name].require(mine)
    promise = f"{name} answers as the pact says"
    return [
        _parameter(entry, entry.id, Record("provider", entry.subject, promise, name))
        for entry in mine
    ]


def _parameter(value: object, name: str, record: Record) -> Any:
    return pytest.param(value, id=name, marks=pytest.mark.contract(record))


def _refuse_same_names(cases: Sequence[Case[Any]]) -> None:
    seen: set[str] = set()
    for case in cases:
        if case.subject in seen:
            raise UsageError(
                f"two cases are called {case.subject!r}, and Pact would keep only one; "
                "give one another description or state"
            )
        seen.add(case.subject)
