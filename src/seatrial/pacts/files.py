"""Pact files of any version, read: every interaction named, and every fault with its place."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import HTTP, KINDS, MESSAGE, Kind
from seatrial.pacts.known_matchers import complaint
from seatrial.pacts.upgrade import upgraded

_VERSIONS = ("1", "2", "3", "4")
PACT_FOLDERS = ("contracts/pacts", "pacts", ".")
"""Where a project's pacts lie, relative to the configuration."""


@dataclass(frozen=True)
class PactFile:
    """A pact file that could be read: at least one interaction, no two alike."""

    path: Path
    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]


def find_pact(folder: Path, consumer: str, provider: str, named: str | None = None) -> Path | None:
    """Return the pact of two parties, the named one or the first that is between them.

    Args:
        folder: the configuration's.
        consumer: who calls.
        provider: who is called.
        named: where it is, if that is declared.
    """
    if named is not None:
        return folder / named
    paths = (path for name in PACT_FOLDERS for path in sorted((folder / name).glob("*.json")))
    return next((path for path in paths if _parties(path) == (consumer, provider)), None)


def _parties(path: Path) -> tuple[object, object] | None:
    try:
        document = json.loads(path.read_bytes())
        return document["consumer"]["name"], document["provider"]["name"]
    except (OSError, ValueError, TypeError, LookupError, RecursionError):
        return None


def read_pacts(folder: Path, providers: Collection[str] | None = None) -> tuple[PactFile, ...]:
    """Read every pact of a folder.

    Args:
        folder: where the `*.json` files are.
        providers: the providers that can be verified; any unless given.

    Raises:
        UsageError: a file can't be read, or names a provider that nobody would verify; it says how
            to fix it.
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
                f"(known: {', '.join(sorted(providers)) or 'none'}); fix the name, or register "
                "the provider's states"
            )
    return pacts


def read_pact(path: Path) -> PactFile:
    """Read one pact file.

    Raises:
        UsageError: it is missing or truncated, or as `parse_pact` says.
    """
    return parse_pact(_read_json(path), path)


def parse_pact(document: object, where: Path | str) -> PactFile:
    """Read a pact from its JSON value.

    Args:
        document: the value.
        where: it comes from, for messages.

    Raises:
        UsageError: the core can't read it, it needs a plugin or another kind of interaction, a
            rule isn't known, an example fails its own rule, or it names an interaction twice.
    """
    if not isinstance(document, dict):
        raise UsageError(f"{where} is not a pact: it holds no JSON object; write it again")
    consumer, provider = (_name_of(where, document, role) for role in ("consumer", "provider"))
    _refuse_plugins(where, document)
    if _version(document).partition(".")[0] not in _VERSIONS:
        raise UsageError(
            f"{where} is of pact version {_version(document)}, which isn't known (known: 1, 1.1, "
            "2, 3, 4); write it again as one of these"
        )
    lists = [document.get(name) or [] for name in ("interactions", "messages")]
    entries = [entry for one in lists if isinstance(one, list) for entry in one]
    if not entries:
        raise UsageError(
            f"{where} holds no interaction, so it would verify nothing; write it again"
        )
    for index, entry in enumerate(entries):
        _check_raw(f"{where}, interaction {index + 1}", entry, _version(document))
    try:
        read = upgraded(document)
    except RuntimeError:
        raise UsageError(
            f"{where} can't be read by Pact's own core as a pact of version {_version(document)}; "
            "is that its version? Write it again with its own library"
        ) from None
    interactions = _told_apart(
        [Interaction(consumer, provider, _checked(where, entry)) for entry in read]
    )
    refuse_duplicates(interactions, str(where))
    return PactFile(Path(where), consumer, provider, interactions)


def _told_apart(interactions: Sequence[Interaction]) -> tuple[Interaction, ...]:
    """Name the states' parameters too, where only they tell two interactions apart."""
    names = Counter(interaction.id for interaction in interactions)
    return tuple(
        replace(interaction, names_parameters=names[interaction.id] > 1)
        for interaction in interactions
    )


def refuse_duplicates(interactions: Sequence[Interaction], where: str) -> None:
    """Refuse two interactions of one description, states and parameters: one would be lost.

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


def _version(document: Mapping[str, Any]) -> str:
    """The version that a pact says it is of; without one, the core takes it for 3."""
    metadata = document.get("metadata") or {}
    specification = metadata.get("pactSpecification") or metadata.get("pact-specification") or {}
    version = specification.get("version") if isinstance(specification, dict) else None
    return str(version or metadata.get("pactSpecificationVersion") or "3")


def _refuse_plugins(where: Path | str, document: Mapping[str, Any]) -> None:
    metadata = document.get("metadata")
    plugins = metadata.get("plugins") if isinstance(metadata, dict) else None
    if plugins:
        names = ", ".join(str(one.get("name") if isinstance(one, dict) else one) for one in plugins)
        raise UsageError(
            f"{where} needs the plugin {names}, and plugins are not supported; verify it with "
            "Pact's own verifier, outside this folder"
        )


def _check_raw(where: str, entry: object, version: str) -> None:
    """Refuse what the core would read as something else, or not say why it can't read."""
    if not isinstance(entry, dict) or not isinstance(entry.get("description"), str):
        raise UsageError(f"{where}: it has no description; write the file again")
    kind = entry.get("type")
    if version.startswith("4") and kind not in KINDS:
        typed = f"is of type {kind!r}" if kind else "has no type"
        raise UsageError(
            f"{where}: it {typed}, and only {' and '.join(map(repr, KINDS))} can be verified; move "
            "it to a pact of its own, outside this folder"
        )
    states = entry.get("providerStates") or []
    named = isinstance(states, list) and all(
        isinstance(state, dict) and isinstance(state.get("name"), str) for state in states
    )
    if not named:
        raise UsageError(f"{where}: a provider state has no name; write the file again")
    if wrong := _kind_of_raw(entry).missing(entry) or complaint(entry):
        raise UsageError(f"{where} ({entry['description']}): {wrong}; write the file again")


def _kind_of_raw(entry: Mapping[str, Any]) -> Kind:
    if "type" in entry:
        return KINDS[entry["type"]]
    return HTTP if "request" in entry or "response" in entry else MESSAGE


def _name_of(path: Path | str, document: Mapping[str, Any], role: str) -> str:
    party = document.get(role)
    name = party.get("name") if isinstance(party, dict) else None
    if not isinstance(name, str) or not name:
        raise UsageError(f'{path} names no {role}; give it `"{role}": {{"name": …}}`')
    return name


def _checked(where: Path | str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Refuse rules that nobody knows, and an example that fails its own."""
    kind = KINDS[entry["type"]]
    if wrong := complaint(entry) or kind.own_refusal(entry):
        raise UsageError(f"{where} ({entry['description']}): {wrong}; write the file again")
    return entry
