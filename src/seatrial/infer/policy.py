"""The inferred policy as TOML: each value with its evidence as a comment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from seatrial.config import LIBRARIES, DeclaredPolicy, telling
from seatrial.infer.experiment import Known
from seatrial.infer.parameters import Certainty, Inferred, Value

_SECTIONS = ("retry", "breaker", "cache", "failures", "idempotency", "trace")


def policy_toml(edge: str, known: Known) -> str:
    """Write the policy of an edge as `seatrial.toml` takes it.

    Only what was measured is said; what is bounded, undecided or absent is a comment. A section
    that lacks what it can't do without is a comment as a whole.
    """
    lines = [f"[edges.{edge}.policy]"]
    lines += [
        line for name in ("answers_within_s",) for line in _line(name, known.parameters.get(name))
    ]
    for section in _SECTIONS:
        found = {
            name.removeprefix(f"{section}."): value
            for name, value in known.parameters.items()
            if name.startswith(f"{section}.")
        }
        lines += _section(edge, section, found, known.parameters.get(section))
    return "\n".join(lines) + "\n"


def _like(found: Mapping[str, Inferred], said: Sequence[str]) -> str | None:
    """Return the library whose waits these are, where its law is no other's."""
    for library, law in LIBRARIES.items():
        if telling(law) and all(
            name in said and _is_within(value, found[name]) for name, value in law.items()
        ):
            return library
    return None


def _is_within(value: float | str, found: Inferred) -> bool:
    if isinstance(value, str) or found.low is None or found.high is None:
        return found.value == value
    return found.low <= value <= found.high


def _section(
    edge: str, section: str, found: Mapping[str, Inferred], mechanism: Inferred | None
) -> Iterator[str]:
    if not found:
        return
    yield ""
    if mechanism is not None and mechanism.certainty is not Certainty.MEASURED:
        yield f"# {section}: {mechanism.certainty}, {mechanism.why}"
        return
    said = _sayable(section, found)
    lacking = [name for name in _required(section) if name not in said]
    refused = None if lacking else _refused(section, {name: found[name] for name in said})
    if lacking:
        yield f"# {section} can't be declared without {', '.join(lacking)}"
    elif not said:
        yield f"# nothing of {section} can be declared"
    elif refused:
        yield f"# {section} can't be declared so: {refused}"
    comment = "# " if lacking or refused or not said else ""
    yield f"{comment}[edges.{edge}.policy.{section}]"
    if section == "retry" and not comment and (library := _like(found, said)):
        yield f'like = "{library}"  # all that was measured of its waits fits'
        said = [name for name in said if name not in LIBRARIES[library]]
    for name, value in found.items():
        for line in _line(name, value, declarable=name in said):
            yield line if line.startswith("#") else comment + line


def _sayable(section: str, found: Mapping[str, Inferred]) -> list[str]:
    """Return the names whose values can be declared without promising what wasn't seen."""
    model = _model(section)
    said = [name for name, value in found.items() if _is_said(value)]
    names = [name for name in said if _takes(model, name, found[name])]
    needed = _WAITS_NEED.get(_law(names, found), {""})
    if "attempts" in names and found["attempts"].value == _ONE_WAIT:
        needed = needed - {"growth"}
    if section == "retry" and not needed <= set(names):
        # Left out, growth and jitter have defaults, which would be promised with the waits.
        names = [one for one in names if one not in _OF_WAITS]
    if "retry_after_cap_s" not in names:
        names = [one for one in names if one not in ("retry_after_dates", "retry_after_over_cap")]
    return names


_OF_WAITS = ("backoff_s", "first_wait_s", "growth", "cap_s", "jitter", "jitter_s", "jitter_ratio")
_ONE_WAIT = 2
"""Attempts: there is no second wait to grow."""
_WAITS_NEED = {
    "none": {"backoff_s", "growth"},
    "full": {"backoff_s", "growth"},
    "equal": {"backoff_s", "growth"},
    "decorrelated": {"backoff_s"},
    "additive, jitter_s": {"backoff_s", "growth"},
    "additive, jitter_ratio": {"backoff_s", "growth"},
}
"""By the law: what must be known of waits to declare any of it."""


def _law(names: Sequence[str], found: Mapping[str, Inferred]) -> str:
    """Return the law of waits that is declared, with what additive jitter adds; "" for none."""
    if "jitter" not in names:
        return ""
    adds = {"jitter_s", "jitter_ratio"} & set(names)
    law = str(found["jitter"].value)
    return f"{law}, {adds.pop()}" if law == "additive" and adds else law


def _takes(model: type[BaseModel], name: str, found: Inferred) -> bool:
    """Return whether a section takes a value of this name and kind."""
    head, _, rest = name.partition(".")
    field = model.model_fields.get(head)
    if field is None:
        return False
    inner = [one for one in get_args(field.annotation) if _is_model(one)]
    if rest:
        return bool(inner) and _takes(inner[0], rest, found)
    if inner:
        return False
    try:
        TypeAdapter[object](field.annotation or object).validate_python(found.value)
    except ValidationError:
        return False
    return True


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _refused(section: str, said: Mapping[str, Inferred]) -> str | None:
    """Return why these values don't go together; None where they do."""
    values: dict[str, object] = {}
    for name, found in said.items():
        head, _, rest = name.partition(".")
        if rest:
            inner = values.setdefault(head, {})
            assert isinstance(inner, dict)
            inner[rest] = found.value
        else:
            values[head] = found.value
    try:
        _model(section).model_validate(values)
    except ValidationError as error:
        return "; ".join(str(one["msg"]).removeprefix("Value error, ") for one in error.errors())
    return None


def _is_said(found: Inferred | None) -> bool:
    """Return whether a policy may promise it: sure, or as good as all that explains it as well."""
    return found is not None and (
        found.is_measured or (found.certainty is Certainty.UNDECIDED and found.value is not None)
    )


def declarable_names(section: str) -> frozenset[str]:
    """Return the keys that a section of a declared policy takes."""
    return frozenset(_model(section).model_fields)


def _required(section: str) -> list[str]:
    return [name for name, field in _model(section).model_fields.items() if field.is_required()]


def _model(section: str) -> type[BaseModel]:
    annotation = DeclaredPolicy.model_fields[section].annotation
    (model,) = (one for one in get_args(annotation) if one is not type(None))
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    return model


def _line(name: str, found: Inferred | None, *, declarable: bool = True) -> Iterator[str]:
    if found is None:
        return
    evidence = f"{found.why} ({found.observations} observations{_interval(found)})"
    if _is_said(found) and declarable and found.value is not None:
        yield f"# {evidence if found.is_measured else f'{found.certainty}, {evidence}'}"
        yield f"{name} = {_toml(found.value)}"
    else:
        value = f" = {_toml(found.value)}" if found.value is not None else ""
        yield f"# {name}{value}: {found.certainty}, {evidence}"


def _interval(found: Inferred) -> str:
    if found.low is None and found.high is None:
        return ""
    if found.low == found.high:
        return ""
    low = "" if found.low is None else f"{found.low:.4g}"
    high = "" if found.high is None else f"{found.high:.4g}"
    return (
        f", {low} to {high}"
        if low and high
        else f", at least {low}"
        if low
        else f", at most {high}"
    )


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"[{', '.join(map(str, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value:g}"
