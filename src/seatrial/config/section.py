"""A table of the file, and the kinds of values that stand in one."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(strict=True, gt=0, le=86_400, allow_inf_nan=False)]
SecondsOrNone = Annotated[float, Field(strict=True, ge=0, le=86_400, allow_inf_nan=False)]
"""Seconds, where 0 says "never"."""
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]
Ratio = Annotated[float, Field(strict=True, ge=0, le=1)]
NAME = r"^[a-z0-9][a-z0-9-]*$"
Name = Annotated[str, Field(pattern=NAME)]
Header = Annotated[str, Field(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$")]
StatusCode = Annotated[int, Field(strict=True, ge=100, le=599)]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Section(BaseModel):
    """A table of the file: frozen, and an unknown key in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


def refuse(*problems: str | None) -> None:
    """Say all that is wrong with a table at once.

    Raises:
        ValueError: there is a problem among them.
    """
    said = [problem for problem in problems if problem]
    if said:
        raise ValueError("; ".join(said))


def overlaid(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with what another one says on top of it, key by key."""
    nested = {
        key: overlaid(base[key], value)
        for key, value in own.items()
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping)
    }
    return {**base, **own, **nested}


def section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section in an annotation such as `Retry` or `Retry | None`."""
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def field_paths(section: type[BaseModel]) -> tuple[str, ...]:
    """Return the dotted paths of all fields of a section, such as "retry" and "retry.attempts"."""
    found = []
    for name, field in section.model_fields.items():
        inner = section_in(field.annotation)
        found += [name, *(f"{name}.{path}" for path in (field_paths(inner) if inner else ()))]
    return tuple(found)


def declared_paths(section: BaseModel) -> tuple[str, ...]:
    """Return the dotted paths of what was set in a section, without the sections in it."""
    found: list[str] = []
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            found += (f"{name}.{path}" for path in declared_paths(value))
        elif name in section.model_fields_set and value not in (None, False):
            found.append(name)
    return tuple(found)
