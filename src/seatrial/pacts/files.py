"""Pact files as they are read: every interaction named, and every fault with its place and mend."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import HTTP, KINDS
from seatrial.pacts.known_matchers import complaint


@dataclass(frozen=True)
class PactFile:
    """A pact file that could be read: version 4, at least one interaction, no two alike."""

    path: Path
    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]


def read_pacts(folder: Path, providers: Collection[str] | None = None) -> tuple[PactFile, ...]:
    """Read every pact of a folder.

    Args:
        folder: where the `*.json` files are.
        providers: the providers that can be verified; any unless given.

    Raises:
        UsageError: a file can't be read, or names a provider that nobody would verify; it says how
            to mend it.
    """
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not paths:
        raise UsageError(
            f"{folder} holds no pact; write them with `pytest contracts --pact-update`"
        )
    pacts = tuple(read_pact(path) for path in paths)
    seen: dict[tuple[str, str], Path] = {}
    for pact in pacts:
        other = seen.setdefault((pact.consumer, pact.provider), pact.path)
        if other != pact.path:
            raise UsageError(
                f"{other} and {pact.path} are both of {pact.consumer} and {pact.provider}; "
                "delete the one that `pytest contracts --pact-update` doesn't write"
            )
        if providers is not None and pact.provider not in providers:
            raise UsageError(
                f"{pact.path} names the provider {pact.provider!r}, which is not known here "
                f"(known: {', '.join(sorted(providers)) or 'none'}); mend the name, or register "
                "the provider's states"
            )
    return pacts


def read_pact(path: Path) -> PactFile:
    """Read one pact file.

    Raises:
        UsageError: it is missing, truncated, of another version, or names an interaction twice.
    """
    return parse_pact(_read_json(path), path)


def parse_pact(document: object, where: Path | str) -> PactFile:
    """Read a pact from its JSON value.

    Args:
        document: the value.
        where: it comes from, for messages.

    Raises:
        UsageError: it is of another version, or names an interaction twice.
    """
    if not isinstance(document, dict):
        raise UsageError(f"{where} is not a pact: it holds no JSON object; write it anew")
    _check_version(where, document)
    consumer, provider = (_name_of(where, document, role) for role in ("consumer", "provider"))
    entries = document.get("interactions")
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{where} holds no interaction, so it would verify nothing; write it anew")
    interactions = tuple(
        Interaction(consumer, provider, _checked(where, index, entry))
        for index, entry in enumerate(entries)
    )
    refuse_duplicates(interactions, str(where))
    return PactFile(Path(where), consumer, provider, interactions)


def refuse_duplicates(interactions: Sequence[Interaction], where: str) -> None:
    """Refuse two interactions of one description and states; Pact keeps the later one silently.

    Raises:
        UsageError: there are two; it names them and the place.
    """
    seen: set[str] = set()
    for interaction in interactions:
        if interaction.id in seen:
            raise UsageError(
                f"{where}: two interactions are called {interaction.subject!r}; "
                "give one another description or state"
            )
        seen.add(interaction.id)


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(
            f"{path} is not a whole JSON document ({error}); take it from version control again, "
            "or write it with `pytest contracts --pact-update`"
        ) from error


def _check_version(path: Path | str, document: Mapping[str, Any]) -> None:
    metadata = document.get("metadata")
    specification = metadata.get("pactSpecification") if isinstance(metadata, dict) else None
    version = specification.get("version") if isinstance(specification, dict) else None
    if not str(version).startswith("4"):
        named = f"is of pact version {version}" if version else "names no pact version"
        raise UsageError(
            f"{path} {named}, and only version 4 is read; "
            'write it again with `.with_specification("V4")`'
        )


def _name_of(path: Path | str, document: Mapping[str, Any], role: str) -> str:
    party = document.get(role)
    name = party.get("name") if isinstance(party, dict) else None
    if not isinstance(name, str) or not name:
        raise UsageError(f'{path} names no {role}; give it `"{role}": {{"name": …}}`')
    return name


def _checked(path: Path | str, index: int, entry: object) -> Mapping[str, Any]:
    where = f"{path}, interaction {index + 1}"
    if not isinstance(entry, dict) or not isinstance(entry.get("description"), str):
        raise UsageError(f"{where}: it has no description; write the file anew")
    kind = KINDS.get(entry.get("type", HTTP.type))
    if kind is None:
        raise UsageError(
            f"{where}: it is of type {entry['type']!r}, and only {' and '.join(map(repr, KINDS))} "
            "can be verified; move it to a pact of its own, outside this folder"
        )
    states = entry.get("providerStates") or []
    named = isinstance(states, list) and all(
        isinstance(state, dict) and isinstance(state.get("name"), str) for state in states
    )
    if not named:
        raise UsageError(f"{where}: a provider state has no name; write the file anew")
    if wrong := kind.missing(entry) or complaint(entry):
        raise UsageError(f"{where} ({entry['description']}): {wrong}; write the file anew")
    return entry
