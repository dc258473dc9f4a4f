"""Routers that are mounted under a prefix, often in another file than their routes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Router = tuple[str, str]
"""A module, and a name in it; "" where a module is one router as a whole."""
_DEEPEST = 6
_NAMED = re.compile(r"\$(\w+)")


@dataclass
class Mounts:
    """Routes by their router, and where each router is mounted."""

    _routes: list[tuple[Router, str, str]] = field(default_factory=list)
    _mounts: list[tuple[Router, Router, str]] = field(default_factory=list)

    def route(self, router: Router, method: str, path: str) -> None:
        """Write down a route of a router."""
        self._routes.append((router, method, path))

    def mount(self, router: Router, under: Router, prefix: str) -> None:
        """Write down that a router is mounted under another one, or an application.

        Args:
            router: its module may be the end of a module's name alone, as imports have it.
            under: whoever mounts it.
            prefix: what it is mounted at.
        """
        self._mounts.append((router, under, prefix))

    def settled(self, constants: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Return the method and the whole path of each route.

        Args:
            constants: what a prefix stands for that is written $NAME.
        """
        for router, method, path in self._routes:
            for prefix in self._prefixes(router, _DEEPEST) or [""]:
                whole = joined(prefix, path)
                yield method, _NAMED.sub(lambda one: constants.get(one[1], "").strip("/"), whole)

    def _prefixes(self, router: Router, deepest: int) -> list[str]:
        found = []
        for mounted, under, prefix in self._mounts if deepest else ():
            if _is(router, mounted) and under != router:
                found += [
                    joined(above, prefix) for above in self._prefixes(under, deepest - 1) or [""]
                ]
        return found


def joined(prefix: str, path: str) -> str:
    """A path under a prefix."""
    if not prefix.strip("/"):
        return path
    return f"/{prefix.strip('/')}/{path.lstrip('/')}"


def _is(router: Router, named: Router) -> bool:
    """Return whether a router is the one that somebody else's file names."""
    (module, own), (end, name) = router, named
    same = module == end or module.endswith((f".{end}", f"/{end}"))
    return same and (own == name or not own or not name)
