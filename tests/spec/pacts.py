"""Pact files, each held against itself by every part: what it asks for, its own stub must give.

The core's verifier is the oracle here too: it is given what our stub answered.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.changes.replaying import Replay
from seatrial.errors import UsageError
from seatrial.pacts.answers import Answer
from seatrial.pacts.files import parse_pact
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.strength.drift import drifts
from seatrial.pacts.strength.mutants import mutants
from tests.spec.judging import served


@dataclass(frozen=True)
class PactTaken:
    """What became of one file."""

    path: Path
    interactions: int = 0
    refused: str = ""
    """Why it isn't read."""
    problems: tuple[str, ...] = ()


def pacts_in(folder: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every pact file below a folder, in the order of their paths; no two of the same text."""
    seen: set[bytes] = set()
    for path in sorted(folder.rglob("*.json")):
        text = path.read_bytes()
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if not isinstance(document, dict) or not {"consumer", "provider"} <= document.keys():
            continue
        if {"interactions", "messages"} & document.keys() and text not in seen:
            seen.add(text)
            yield path, document


def take(path: Path, document: Mapping[str, Any], replaying: Replay) -> PactTaken:
    """Put a file through reading, stub, judge, mutants, drifts and verification."""
    try:
        pact = parse_pact(document, path)
    except UsageError as error:
        return PactTaken(path, refused=str(error))
    problems = [
        f"{interaction.description}: {problem}"
        for interaction in pact.interactions
        for problem in _problems(interaction, replaying)
    ]
    return PactTaken(path, len(pact.interactions), problems=tuple(problems))


def _without_generators(interaction: Interaction) -> Interaction:
    """Return it as the verifier takes it without a handler that gives values back."""
    plain = {
        name: {k: v for k, v in part.items() if k != "generators"}
        if isinstance(part, dict)
        else part
        for name, part in interaction.document.items()
    }
    return Interaction(interaction.consumer, interaction.provider, plain)


def _problems(interaction: Interaction, replaying: Replay) -> Iterator[str]:
    kind = kind_of(interaction)
    answer: Answer | None = kind.example(interaction)
    judge = kind.judge(interaction)
    try:
        for mutant in mutants(kind.example(interaction)):
            judge(mutant.answer)
        list(drifts(interaction))
        if kind.asks_over_http:
            answer = served(interaction, interaction)
    except UsageError as error:
        yield str(error)
        return
    if answer is None:
        yield "its own request isn't its own to the stub"
        return
    refused = judge(answer)
    broken = replaying.broken(_without_generators(interaction), answer)
    if refused and broken and (interaction.document.get("response") or {}).get("generators"):
        return  # the core refuses what it generates itself
    if refused:
        yield f"the judge refuses what the stub answers: {refused}"
    if broken:
        yield f"the verification refuses what the stub answers: {broken}"
