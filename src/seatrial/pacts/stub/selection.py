"""Which interactions may answer: those of the states that are selected."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seatrial.errors import UsageError
from seatrial.pacts.files import PactFile
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of

States = Mapping[str, Mapping[str, Any]]
"""Name → parameters."""


@dataclass(frozen=True)
class Group:
    """The interactions that need the same states."""

    states: States
    members: tuple[tuple[int, Interaction], ...]
    """Each with its place in the pact."""

    @property
    def told(self) -> str:
        """Its states in words."""
        return " and ".join(map(repr, self.states)) or "no state"


def groups_of(pact: PactFile) -> tuple[Group, ...]:
    """The requests of a pact by the states that they need, in the order of the file.

    Raises:
        UsageError: it has none; a pact of messages alone serves nothing.
    """
    found: dict[str, tuple[dict[str, Any], list[tuple[int, Interaction]]]] = {}
    for place, interaction in enumerate(pact.interactions):
        if not kind_of(interaction).asks_over_http:
            continue
        states = {state["name"]: state.get("params") or {} for state in interaction.states}
        key = json.dumps(states, sort_keys=True)
        found.setdefault(key, (states, []))[1].append((place, interaction))
    if not found:
        raise UsageError(f"{pact.path} holds messages alone, and no request that could be served")
    return tuple(Group(states, tuple(members)) for states, members in found.values())


@dataclass
class StateSelection:
    """The states that the stub is in; none at first, which is any."""

    known: frozenset[str]
    states: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def select(self, name: str, params: Mapping[str, Any]) -> None:
        """Enter a state next to those that are selected.

        Raises:
            UsageError: no interaction needs it.
        """
        self.require(name)
        self.states[name] = params

    def require(self, name: str) -> None:
        """Refuse a state that no interaction needs.

        Raises:
            UsageError: it is one; it says which there are.
        """
        if name not in self.known:
            known = ", ".join(map(repr, sorted(self.known))) or "none"
            raise UsageError(f"no interaction needs the state {name!r} (known: {known})")

    def leave(self, name: str) -> None:
        """Leave a state."""
        self.states.pop(name, None)

    def clear(self) -> None:
        """Leave all."""
        self.states.clear()


def tiers(groups: Sequence[Group], selected: States) -> Iterator[list[Group]]:
    """The groups that may answer, the fittest first; those of one tier are equally fit.

    What is selected exactly comes first, with its parameters before any; then what needs fewer
    states. While nothing is selected, what needs no state comes before the rest.
    """
    if not selected:
        yield [group for group in groups if not group.states]
        yield [group for group in groups if group.states]
        return
    within = [group for group in groups if group.states.keys() <= selected.keys()]
    for size in range(len(selected), -1, -1):
        sized = [group for group in within if len(group.states) == size]
        exact = [g for g in sized if all(selected[name] == p for name, p in g.states.items())]
        yield exact
        yield [group for group in sized if group not in exact]
