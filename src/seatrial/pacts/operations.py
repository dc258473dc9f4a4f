"""The operations of a pact: interactions that ask the same of a provider, of whatever entity.

A stub answers the very request of an interaction. An exploration asks about other entities than the
pact's examples, and wants all that the provider answers to such a request, in whatever state.
"""

import re
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import HTTP, kind_of
from seatrial.pacts.matching import Refusal, text_judge
from seatrial.pacts.openapi.document import path_pattern

_ID = re.compile(r"\d+|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LETTERS = string.ascii_letters
_NEXT = str.maketrans(_LETTERS, "bcdefahijklmnopqrstuvwxyzgBCDEFAHIJKLMNOPQRSTUVWXYZG")
"""The next letter, within those of hexadecimal numbers and within the others."""

Routes = Callable[[str, str], str | None]
"""Returns the route of a method and path, where something else than the pact declares it."""


@dataclass(frozen=True)
class PactOperation:
    """One method of one route, and all interactions that ask it."""

    method: str
    route: str
    """Such as `/users/{id}/profile`."""
    interactions: tuple[Interaction, ...]

    def takes(self, method: str, path: str) -> bool:
        """Say whether a request is of this operation, by its route or an interaction's matcher."""
        if method.upper() != self.method:
            return False
        if path_pattern(self.route).fullmatch(path):
            return True
        return any(judge(path) is None for judge in self._ruled)

    def ids(self, path: str) -> tuple[str, ...]:
        """Return what stands in a path for the route's parameters."""
        found = path_pattern(self.route).fullmatch(path)
        return found.groups() if found else ()

    @cached_property
    def _ruled(self) -> tuple[Callable[[str], Refusal], ...]:
        return tuple(judge for one in self.interactions if (judge := _path_judge(one)))


def operations_of(
    interactions: Iterable[Interaction], routes: Routes = lambda *_: None
) -> tuple[PactOperation, ...]:
    """Return the operations that interactions ask, those with the fewest parameters first.

    Args:
        interactions: of one pact; messages are left out.
        routes: goes before what the pact itself shows of a route.
    """
    found: dict[tuple[str, str], list[Interaction]] = {}
    for one in interactions:
        if kind_of(one).asks_over_http:
            method, path = _asked(one)
            route = routes(method, path) or _route(one, path)
            found.setdefault((method, route), []).append(one)
    for (method, literal), members in list(found.items()):
        if "{" not in literal and all(_status(one) >= 400 for one in members):
            # An entity that nobody has made needs no state that would name it.
            routed = [key for key in found if _covers(key, method, literal)]
            if routed:
                found[min(routed, key=_parameters)] += found.pop((method, literal))
    ordered = sorted(found.items(), key=lambda one: _parameters(one[0]))
    return tuple(PactOperation(*key, tuple(members)) for key, members in ordered)


def _covers(key: tuple[str, str], method: str, path: str) -> bool:
    return key[0] == method and "{" in key[1] and path_pattern(key[1]).fullmatch(path) is not None


def _parameters(key: tuple[str, str]) -> int:
    return key[1].count("{")


def _asked(interaction: Interaction) -> tuple[str, str]:
    request = interaction.document["request"]
    return str(request.get("method", "GET")).upper(), str(request.get("path", "/"))


def _status(interaction: Interaction) -> int:
    return int(interaction.document["response"].get("status", 200))


def _route(interaction: Interaction, path: str) -> str:
    """Return a route as a pact shows it: by a generator, a state's parameters, or a matcher."""
    generators: dict[str, Any] = interaction.document["request"].get("generators") or {}
    generated = (generators.get("path") or {}).get("expression")
    if isinstance(generated, str) and generated.count("/") == path.count("/"):
        return re.sub(r"\$\{[^}]*\}", "{id}", generated)
    _, named, _ = HTTP.operation(interaction)
    assert isinstance(named, tuple)
    parts = ["{id}" if part == "{}" or _ID.fullmatch(part) else str(part) for part in named]
    judge = _path_judge(interaction)
    taken = set(_open(path.split("/"), judge)) if judge else set()
    if len(taken) < len(list(filter(None, parts))):  # else it takes any path, and shows nothing
        parts = ["{id}" if place in taken else part for place, part in enumerate(parts)]
    return "/".join(parts)


def _open(parts: list[str], judge: Callable[[str], Refusal]) -> Iterator[int]:
    """Yield the places of a path where its matcher takes another value of the same form."""
    for place, part in enumerate(parts):
        others = {re.sub(r"\d", _next_digit, part), part.translate(_NEXT)} - {part}
        if any(
            judge("/".join([*parts[:place], one, *parts[place + 1 :]])) is None for one in others
        ):
            yield place


def _next_digit(found: re.Match[str]) -> str:
    return str((int(found[0]) + 1) % 10)


def _path_judge(interaction: Interaction) -> Callable[[str], Refusal] | None:
    request = interaction.document["request"]
    rules = (request.get("matchingRules") or {}).get("path")
    return text_judge(str(request.get("path", "/")), rules) if rules else None
