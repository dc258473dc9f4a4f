"""One interaction of a pact, and the names that it goes by."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Interaction:
    """One interaction of a pact, with all that a verification of it alone needs."""

    consumer: str
    provider: str
    document: Mapping[str, Any]
    """The interaction as a pact of version 4 writes it."""
    names_parameters: bool = False
    """True where only the parameters of its states tell it from another one."""

    @property
    def type(self) -> str:
        """The kind that it is of, by Pact's own name."""
        return str(self.document.get("type", "Synchronous/HTTP"))

    @property
    def description(self) -> str:
        """The consumer's own words for it."""
        return str(self.document["description"])

    @property
    def name(self) -> str:
        """Its description, and its states where it needs some."""
        states = " and ".join(self.state_names)
        return f"{self.description} ({states})" if states else self.description

    @property
    def states(self) -> tuple[Mapping[str, Any], ...]:
        """The states that it needs, each with `name` and perhaps `params`, in order."""
        return tuple(self.document.get("providerStates") or ())

    @property
    def state_names(self) -> tuple[str, ...]:
        """The names of the states that it needs."""
        return tuple(state["name"] for state in self.states)

    @property
    def _shown_states(self) -> tuple[str, ...]:
        if not self.names_parameters:
            return self.state_names
        return tuple(
            " ".join((state["name"], json.dumps(state.get("params") or {}, sort_keys=True)))
            for state in self.states
        )

    @property
    def id(self) -> str:
        """Its name in pytest: consumer, description, states."""
        return interaction_id(self.consumer, self.description, self._shown_states)

    @property
    def subject(self) -> str:
        """Its name in results."""
        return interaction_subject(
            self.consumer, self.provider, self.description, self._shown_states
        )

    def alone(self) -> dict[str, Any]:
        """A pact with this interaction and no other."""
        return pact_document(self.consumer, self.provider, [self.document])


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
