"""What a kind of fault means for a prediction; an unknown kind gets the careful answer."""

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


def reaches_provider(kind: str) -> bool:
    """Return whether a request with this fault may have reached its provider."""
    return not kind.startswith(_ANSWERED_BY_THE_TAP)


def delays(kind: str) -> bool:
    """Return whether this fault takes time, which adds up over a run where content doesn't."""
    return not kind.startswith(_AT_ONCE)
