"""Why a mutant may survive: the committed list, by reason; and which ones are known to, so far."""

import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

_LIST = Path(__file__).parent / "survivors.json"
_OPEN = Path(__file__).parent / "open.json"


def known_open() -> frozenset[str]:
    """Return the keys of those that survive though a scenario should find them: no news."""
    return frozenset(json.loads(_OPEN.read_text()))


class Explanations:
    """The reasons, each with the keys that it holds for; in a key `*` stands for any part."""

    def __init__(self, by_reason: Mapping[str, Sequence[str]]) -> None:
        """Take the reasons with their keys."""
        self.patterns = [one for keys in by_reason.values() for one in keys]
        self._exact = {one for one in self.patterns if "*" not in one}
        wide = [one for one in self.patterns if "*" in one]
        self._wide = {one: one.replace("[", "[[]").replace("?", "[?]") for one in wide}

    @classmethod
    def read(cls) -> "Explanations":
        """Read the committed list."""
        return cls(json.loads(_LIST.read_text()))

    def of(self, key: str) -> list[str]:
        """Return the patterns that a mutant's key fits."""
        exact = [key] if key in self._exact else []
        return exact + [one for one, each in self._wide.items() if fnmatchcase(key, each)]
