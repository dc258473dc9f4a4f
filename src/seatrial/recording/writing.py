"""A recording as a pact file, and the file that says which states are to be named by hand."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seatrial.files import write_whole
from seatrial.pacts import MutantStatus, pact_document
from seatrial.recording.recorder import Recorded, Recording

_HEAD = """# States of {pact}

`seatrial record` named these states by the requests that it saw, and took their parameters from
the paths. It can't know what a provider must have besides, so look at each: give it the name that
the provider's handlers have (under `providerStates` in {pact}), and add the parameters that they
need. The parameter `id` is the one that stands in the request's path.

| state | parameters | for |
| --- | --- | --- |
"""


def pact_of(recording: Recording, consumer: str, provider: str) -> dict[str, Any]:
    """Return the pact, with its mutation score in it."""
    ordered = sorted(recording.interactions, key=lambda one: one.interaction.id)
    documents = [_with_score(one) for one in ordered]
    document: dict[str, Any] = pact_document(consumer, provider, documents)
    score = mutation_score(ordered)
    if score is not None:
        document["metadata"]["seatrial"] = {"mutationScore": score}
    return document


def mutation_score(recorded: Sequence[Recorded]) -> float | None:
    """Return the share of the changes that the consumer minds which the pact refuses."""
    killed = minded = 0
    for one in recorded:
        if one.measured is not None and one.measured.case is not None:
            strength = one.measured.case.strength
            killed += len(strength.of(MutantStatus.KILLED))
            minded += len(strength.of(MutantStatus.SURVIVED))
    minded += killed
    return round(killed / minded, 4) if minded else None


def _with_score(one: Recorded) -> dict[str, Any]:
    document = dict(one.interaction.document)
    texts = list((document.get("comments") or {}).get("text") or [])
    score = mutation_score([one])
    texts.append(
        "not reduced: the edge's trigger doesn't reach it, so that every field stays"
        if score is None
        else f"mutation score {score}"
    )
    document["comments"] = {"text": texts}
    return document


def write(recording: Recording, path: Path, consumer: str, provider: str) -> Path:
    """Write the pact, and the file about its states next to it; return that one's path.

    Raises:
        OSError: one can't be written.
    """
    document = pact_of(recording, consumer, provider)
    text = json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)
    write_whole(path, text + "\n")
    states = path.with_suffix(".states.md")
    write_whole(states, _HEAD.format(pact=path.name) + "".join(_rows(recording)))
    return states


def _rows(recording: Recording) -> list[str]:
    found: dict[str, list[str]] = {}
    for one in recording.interactions:
        for state in one.interaction.states:
            key = f"| {state['name']} | `{json.dumps(state.get('params') or {})}` |"
            found.setdefault(key, []).append(one.interaction.description)
    return [f"{key} {', '.join(names)} |\n" for key, names in sorted(found.items())]
