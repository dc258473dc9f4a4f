"""The limits by name; each registers itself where it is defined, a plugin's too."""

from collections.abc import Callable
from typing import TypeAlias

from seatrial.errors import UsageError
from seatrial.loads.evidence import RunPart
from seatrial.loads.profile import Limits
from seatrial.registry import Registry
from seatrial.results import Check

Limit: TypeAlias = Callable[[RunPart, Limits], Check]

LIMITS: Registry[Limit] = Registry("limit")
"""By the last part of their checks' ids."""


def limit(name: str) -> Callable[[Limit], Limit]:
    """Register a limit: a pure function from a part of a run and what is declared to a check.

    A limit of your own reads its declared value from `limits.extra[name]`.

    Args:
        name: the last part of its check's id, such as "hit-ratio".
    """
    return lambda judge: LIMITS.register(name, judge)


def check_extra(*limits: Limits) -> None:
    """Make sure that every further limit that is declared is there to be judged.

    Raises:
        UsageError: one isn't registered.
    """
    for name in (name for one in limits for name in one.extra):
        if name not in LIMITS:
            raise UsageError(
                f"limits.extra: there is no limit {name!r}; name the module that registers it "
                "under `plugins` in seatrial.toml"
            )
