"""What a kind of fault means for a prediction; an unknown kind gets the careful answer."""

import re
from collections.abc import Collection, Iterable, Sequence

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
_LIKELIEST = (
    "answer-lost",
    "status-503",
    "kill-consumer",
    "slow-over",
    "answer-late",
    "kill-after-effect",
    "half-body",
    "reset",
    "kill-after",
)
"""At a write: what was done and isn't known to be comes first, since most mistakes are there."""
_LIKELIEST_AT_A_READ = ("status-503", "half-body", "slow-over", "reset")
_LAST = ("hang", "pause", "kill-")
"""They take the longest, and at a read they show what others have shown."""
_LAST_TURN = 100
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
"""RFC 9110, 9.2.1."""
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


def chosen(kinds: Iterable[str], only: Collection[str]) -> tuple[str, ...]:
    """Return those of some kinds that are named, or whose first word is.

    Args:
        kinds: of one point.
        only: names and first words; none: all kinds are chosen.
    """
    return tuple(
        kind for kind in kinds if not only or {kind, re.split("[-:]", kind)[0]} & set(only)
    )


def ends_consumer(kind: str | None) -> bool:
    """Return whether the process that sent a request with this fault ends."""
    return kind == "kill-consumer"


def kills(kind: str) -> bool:
    """Return whether a process ends, and with it other requests that it's at work on."""
    return kind.startswith("kill-")


def delays(kind: str) -> bool:
    """Return whether this fault takes time, which adds up over a run where content doesn't."""
    return not kind.startswith(_AT_ONCE)


def turns(kinds: Sequence[str], operation: str) -> dict[int, str]:
    """Return in which turn each kind is tried: first those that find most for their time.

    Args:
        kinds: of one point; the order decides where nothing else does.
        operation: of the point.
    """
    verb = operation.partition(" ")[0]
    at_a_write = verb in UNSAFE or (verb not in SAFE and "answer-lost" in kinds)
    first = _LIKELIEST if at_a_write else _LIKELIEST_AT_A_READ
    found = {first.index(kind): kind for kind in kinds if kind in first}
    others = [kind for kind in kinds if kind not in first]
    quick = [kind for kind in others if not kind.startswith(_LAST)]
    slow = [kind for kind in others if kind.startswith(_LAST)]
    return found | dict(enumerate(quick, len(first))) | dict(enumerate(slow, _LAST_TURN))
