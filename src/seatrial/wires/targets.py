"""The targets of faults on an edge's wire."""

import difflib
from enum import StrEnum

from seatrial.errors import UsageError


class FaultTarget(StrEnum):
    """A link (for faults of the network) or a process (for `killed()` and the like)."""

    PROVIDER = "provider"
    """The way to the provider, or its process."""
    CONSUMER = "consumer"
    """The consumer's process."""
    VALKEY = "valkey"
    """The consumer's way to Valkey, or the process of a Valkey that Seatrial started."""
    DATABASE = "database"
    """The consumer's way to PostgreSQL."""
    PROVIDER_VALKEY = "provider-valkey"
    """The provider's way to Valkey."""
    PROVIDER_DATABASE = "provider-database"
    """The provider's way to PostgreSQL."""


def target_named(name: str) -> FaultTarget:
    """Return the target of this name.

    Raises:
        UsageError: there is none.
    """
    try:
        return FaultTarget(name)
    except ValueError:
        near = difflib.get_close_matches(name, list(FaultTarget), n=1)
        fix = f"did you mean {near[0]!s}?" if near else f"there is: {', '.join(FaultTarget)}"
        raise UsageError(f"a fault can't hit {name!r}; {fix}") from None
