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


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    interactions: _Listed
    mutants: _Listed
    reason: _Said


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    waiver: list[_Section] = []


@dataclass(frozen=True, slots=True)
class Waiver:
    """One survivor that is known and lived with."""

    interaction: str
    """The interaction's subject, as the result names it."""
    mutant: str
    """The mutant's name, as the result names it."""
    reason: str


@dataclass(frozen=True)
class Waivers:
    """The committed list."""

    path: Path
    entries: tuple[Waiver, ...] = ()

    def of(self, subject: str) -> tuple[Waiver, ...]:
        """Those of one interaction."""
        return tuple(entry for entry in self.entries if entry.interaction == subject)

    def refuse_unknown(self, subjects: Collection[str]) -> None:
        """Refuse a waiver for an interaction that isn't there any more.

        Raises:
            UsageError: there is one; it names it.
        """
        for entry in self.entries:
            if entry.interaction not in subjects:
                raise UsageError(
                    f"{self.path} waives a survivor of {entry.interaction!r}, which isn't an "
                    "interaction here; delete the waiver, or fix its name"
                )


def read_waivers(path: Path) -> Waivers:
    """Read the list; one that isn't there allows nothing.

    Raises:
        UsageError: it can't be read, says something else, or allows one survivor twice.
    """
    try:
        file = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Waivers(path)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} can't be read: {error}; fix it") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(
            f"{path}: {where}: {first['msg']}; each [[waiver]] has {_EXAMPLE}"
        ) from None
    entries = tuple(
        Waiver(interaction, mutant, entry.reason)
        for entry in file.waiver
        for interaction in entry.interactions
        for mutant in entry.mutants
    )
    _refuse_twice(path, entries)
    return Waivers(path, entries)


def _refuse_twice(path: Path, entries: Sequence[Waiver]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.interaction, entry.mutant)
        if key in seen:
            raise UsageError(f"{path} allows {entry.mutant!r} of {entry.interaction!r} twice")
        seen.add(key)
