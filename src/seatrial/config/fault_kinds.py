"""The kinds of faults that `seatrial explore` tries, and how a file chooses among them."""

import re
from collections import Counter
from typing import Annotated

from pydantic import AfterValidator

NAMED_KINDS = (
    "slow-under",
    "slow-over",
    "reset",
    "close",
    "half-body",
    "answer-lost",
    "answer-late",
    "hang",
    "pause",
    "kill-before",
    "kill-after-effect",
    "kill-after",
    "kill-consumer",
)
"""All but those that a status or a contract names."""
_FIRST_WORDS = Counter(name.partition("-")[0] for name in NAMED_KINDS)
_WORDS = (
    *("status", "pact", "openapi", "drift"),
    *dict.fromkeys(
        word if _FIRST_WORDS[word] > 1 else name
        for name in NAMED_KINDS
        for word in [name.partition("-")[0]]
    ),
)


def _fault_kind(kind: str) -> str:
    if kind not in (*_WORDS, *NAMED_KINDS) and not re.fullmatch(r"status-[1-5]\d\d", kind):
        raise ValueError(f"there is no such kind of faults; there is: {', '.join(_WORDS)}")
    return kind


FaultKind = Annotated[str, AfterValidator(_fault_kind)]
"""A kind by its name, or kinds by their first word."""
