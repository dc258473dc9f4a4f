"""Holes that are known and lived with: a committed list, each with its reason."""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from seatrial.errors import UsageError

_EXAMPLE = 'interactions = ["…"], mutants = ["null $.name"], reason = "…"'
_Said = Annotated[str, Field(min_length=1)]
_Listed = Annotated[list[_Said], Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    interactions: _Listed
    mutants: _Listed
    reason: _Said


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    allow: list[_Entry] = []


@dataclass(frozen=True, slots=True)
class Allowance:
    """One hole that is allowed."""

    interaction: str
    """The interaction's subject, as the result names it."""
    mutant: str
    """The mutant's name, as the result names it."""
    reason: str


@dataclass(frozen=True)
class Allowances:
    """The committed list."""

    path: Path
    entries: tuple[Allowance, ...] = ()

    def of(self, subject: str) -> tuple[Allowance, ...]:
        """Those of one interaction."""
        return tuple(entry for entry in self.entries if entry.interaction == subject)

    def refuse_unknown(self, subjects: Collection[str]) -> None:
        """Refuse an allowance for an interaction that isn't there any more.

        Raises:
            UsageError: there is one; it names it.
        """
        for entry in self.entries:
            if entry.interaction not in subjects:
                raise UsageError(
                    f"{self.path} allows a hole in {entry.interaction!r}, which is no interaction "
                    "here; delete the entry, or mend its name"
                )


def read_allowances(path: Path) -> Allowances:
    """Read the list; one that isn't there allows nothing.

    Raises:
        UsageError: it can't be read, says something else, or allows one hole twice.
    """
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Allowances(path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}; mend it") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{path}: {where}: {first['msg']}; each [[allow]] has {_EXAMPLE}"
        ) from None
    entries = tuple(
        Allowance(interaction, mutant, entry.reason)
        for entry in file.allow
        for interaction in entry.interactions
        for mutant in entry.mutants
    )
    _refuse_twice(path, entries)
    return Allowances(path, entries)


def _refuse_twice(path: Path, entries: Sequence[Allowance]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.interaction, entry.mutant)
        if key in seen:
            raise UsageError(f"{path} allows {entry.mutant!r} of {entry.interaction!r} twice")
        seen.add(key)
