"""What a kind of fault means for a prediction; an unknown kind gets the careful answer."""

import re

from seatrial.results import BY_CONTRACT

_ANSWERED_BY_THE_TAP = ("status-", "refused", "reset", "close", "pact:", "openapi:")
_AT_ONCE = (
    *_ANSWERED_BY_THE_TAP,
    "another-schema",
    "answer-lost",
    "broken-json",
    "drift:",
    "empty-body",
    "half-body",
)
_STATUS = re.compile(r"(?:status-|pact:|openapi:)(\d{3})(?: .*)?", re.DOTALL)


def status_of(kind: str) -> int | None:
    """Return the status that a kind answers with in the provider's place; None: it answers none."""
    found = _STATUS.fullmatch(kind)
    return int(found[1]) if found else None


def is_by_contract(kind: str) -> bool:
    """Return whether a contract brings this kind, so that it's gone once the contract changes."""
    return kind.startswith(BY_CONTRACT)


def is_good_answer(kind: str) -> bool:
    """Return whether it's no failure: the provider answers as it may in another state."""
    status = status_of(kind)
    return status is not None and status < 300


def reaches_provider(kind: str) -> bool:
    """Return whether a request with this fault may have reached its provider."""
    return not kind.startswith(_ANSWERED_BY_THE_TAP)


def delays(kind: str) -> bool:
    """Return whether this fault takes time, which adds up over a run where content doesn't."""
    return not kind.startswith(_AT_ONCE)
