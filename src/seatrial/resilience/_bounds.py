"""Refuse bad option values when a policy is made, naming field, value and range."""

from __future__ import annotations

import math


def need(
    policy: object,
    field: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    whole: bool = False,
    optional: bool = False,
    why: str = "",
) -> None:
    """Raise ValueError unless the field holds a finite number in the range.

    Args:
        policy: the frozen value that is being made.
        field: the name of its field.
        above: the value must be greater than this.
        least: the value must be this or more.
        most: the value must be this or less.
        whole: the value must be an integer.
        optional: None is accepted too.
        why: what the bound comes from, such as another field.
    """
    value = getattr(policy, field)
    if value is None and optional:
        return
    if _fits(value, above=above, least=least, most=most, whole=whole):
        return
    kind = "a whole number" if whole else "a number"
    low = (
        f" above {above:g}"
        if above is not None
        else f" from {least:g}"
        if least is not None
        else ""
    )
    high = f" to {most:g}" if most is not None else ""
    none = ", or None" if optional else ""
    because = f" ({why})" if why else ""
    range_ = f"{kind}{low}{high}{none}{because}"
    raise ValueError(f"{type(policy).__name__}.{field} is {value!r}, but must be {range_}")


def _fits(
    value: object, *, above: float | None, least: float | None, most: float | None, whole: bool
) -> bool:
    kinds = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not math.isfinite(value):
        return False
    too_low = (above is not None and value <= above) or (least is not None and value < least)
    return not too_low and (most is None or value <= most)
