"""Pact files as they are read: every interaction named, and every fault with its place and mend."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.known_matchers import complaint

_HTTP = "Synchronous/HTTP"
_MESSAGE = "Asynchronous/Messages"


@dataclass(frozen=True)
class Interaction:
    """One interaction of a pact, with all that a verification of it alone needs."""

    consumer: str
    provider: str
    document: Mapping[str, Any]
    """The interaction as it stands in the file."""

    @property
    def description(self) -> str:
        """What the consumer asks for, in its words."""
        return str(self.document["description"])

    @property
    def states(self) -> tuple[Mapping[str, Any], ...]:
        """The states that it needs, each with `name` and perhaps `params`, in order."""
        return tuple(self.document.get("providerStates") or ())

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states that it needs."""
        return tuple(state["name"] for state in self.states)

    @property
    def id(self) -> str:
        """Its name in pytest: consumer, description, states."""
        return interaction_id(self.consumer, self.description, self.state_names)

    @property
    def subject(self) -> str:
        """Its name in results."""
        return interaction_subject(self.consumer, self.provider, self.description, self.state_names)

    @property
    def is_message(self) -> bool:
        """Whether it is a message that the provider sends, and no request that it answers."""
        return bool(self.document.get("type", _HTTP) == _MESSAGE)

    @property
    def takes_values(self) -> bool:
        """Whether its request or response holds values that a state's handler gives back."""
        parts = (self.document.get("request") or {}, self.document.get("response") or {})
        return any("ProviderState" in json.dumps(part.get("generators") or {}) for part in parts)

    def alone(self) -> dict[str, Any]:
        """A pact with this interaction and no other."""
        return pact_document(self.consumer, self.provider, [self.document])


@dataclass(frozen=True)
class PactFile:
    """A pact file that could be read: version 4, at least one interaction, no two alike."""

    path: Path
    consumer: str
    provider: str
    interactions: tuple[Interaction, ...]


def interaction_id(consumer: str, description: str, states: Sequence[str]) -> str:
    """Consumer, description and states, joined for pytest."""
    return "-".join((consumer, description, *([" and ".join(states)] if states else [])))


def interaction_subject(
    consumer: str, provider: str, description: str, states: Sequence[str]
) -> str:
    """`consumer → provider: description (states)`, for results."""
    return f"{consumer} → {provider}: {description}" + (
        f" ({' and '.join(states)})" if states else ""
    )


def pact_document(
    consumer: str, provider: str, interactions: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A pact of version 4, without the library's version: an update of it changes no pact."""
    return {
        "consumer": {"name": consumer},
        "interactions": [dict(interaction) for interaction in interactions],
        "metadata": {"pactSpecification": {"version": "4.0"}},
        "provider": {"name": provider},
    }


def read_pacts(folder: Path, providers: Collection[str]) -> tuple[PactFile, ...]:
    """Read every pact of a folder.

    Args:
        folder: where the `*.json` files are.
        providers: the providers that can be verified.

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
        if pact.provider not in providers:
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
    if entry.get("type", _HTTP) not in (_HTTP, _MESSAGE):
        raise UsageError(
            f"{where}: it is of type {entry['type']!r}, and only {_HTTP!r} and {_MESSAGE!r} can be "
            "verified; move it to a pact of its own, outside this folder"
        )
    states = entry.get("providerStates") or []
    named = isinstance(states, list) and all(
        isinstance(state, dict) and isinstance(state.get("name"), str) for state in states
    )
    if not named:
        raise UsageError(f"{where}: a provider state has no name; write the file anew")
    if wrong := _incomplete(entry) or complaint(entry):
        raise UsageError(f"{where} ({entry['description']}): {wrong}; write the file anew")
    return entry


def _incomplete(entry: Mapping[str, Any]) -> str | None:
    """What every interaction must say: the verifier fills in a GET of / that is answered 200."""
    if entry.get("type") == _MESSAGE:
        contents = entry.get("contents")
        return None if isinstance(contents, dict) and "content" in contents else "has no contents"
    request, response = entry.get("request"), entry.get("response")
    if not isinstance(request, dict) or not {"method", "path"} <= request.keys():
        return "its request has no method and path"
    if not isinstance(response, dict) or not isinstance(response.get("status"), int):
        return "its response has no status"
    return None
