"""One idea of a registry: things by name, each registered where it is defined.

Faults, HTTP actions, toxics, checks, limits and judgements are all kept in one of these, so that a
plugin (`seatrial.plugins`) adds its own by being imported, as the package's own modules do.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import TypeVar

from seatrial.errors import UsageError

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Things by name, sorted; a name is taken once."""

    def __init__(self, kind: str) -> None:
        """Start empty.

        Args:
            kind: what one of them is called in messages: "fault".
        """
        self._kind = kind
        self._things: dict[str, T] = {}

    def register(self, name: str, thing: T) -> T:
        """Keep a thing under its name, and return it.

        Raises:
            UsageError: another thing has the name.
        """
        known = self._things.get(name)
        if known is not None and not _is_reload(known, thing):
            raise UsageError(
                f"two {self._kind}s are called {name!r}, in {_module(known)} and {_module(thing)}; "
                "rename one"
            )
        self._things[name] = thing
        return thing

    def find(self, name: str) -> T:
        """Return the thing of this name.

        Raises:
            UsageError: there is none; the message has the nearest name, or all of them.
        """
        if name in self._things:
            return self._things[name]
        nearest = difflib.get_close_matches(name, self, n=1)
        fix = f"did you mean {nearest[0]!r}?" if nearest else f"there is: {', '.join(self)}"
        raise UsageError(f"there is no {self._kind} {name!r}; {fix}")

    def __getitem__(self, name: str) -> T:
        return self._things[name]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._things))

    def __len__(self) -> int:
        return len(self._things)


def _definition(thing: object) -> object:
    """Return a class or function itself, and what an instance names as `defined_by`."""
    return getattr(thing, "defined_by", thing)


def _module(thing: object) -> str:
    found = _definition(thing)
    return getattr(found, "__module__", None) or type(found).__module__


def _is_reload(known: object, thing: object) -> bool:
    """Return True if a definition was run again: `@dataclass(slots=True)` makes a class twice."""
    names = [getattr(_definition(one), "__qualname__", one) for one in (known, thing)]
    return _module(known) == _module(thing) and names[0] == names[1]
