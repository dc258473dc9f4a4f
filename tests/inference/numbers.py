"""The numbers of a consumer: what it promises, in its own terms. Times are seconds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Numbers:
    """All that a consumer of ours can do. None: it doesn't do that."""

    attempts: int = 1
    backoff_s: float = 0.0
    first_at_once: bool = False
    """The second attempt comes at once, and the waits after it grow from twice `backoff_s`."""
    growth: float = 2.0
    cap_s: float | None = None
    jitter: str = "none"
    attempt_timeout_s: float | None = None
    each_read: bool = False
    """The timeout bounds each read, or the head alone, and not the whole attempt."""
    deadline_s: float | None = None
    statuses: tuple[int, ...] = (429, 500, 502, 503, 504)
    """These are repeated, and count as failures."""
    bad_answers: bool = True
    """So does a body that isn't what it should be."""
    garbage_passed: bool = False
    """Such a body is given on as a good answer."""
    retry_after_cap_s: float | None = None
    """The longest Retry-After that is waited for; a longer one ends the call."""
    retry_after_dates: bool = False
    """A Retry-After that is a date is understood too."""
    failures: int | None = None
    """So many in a row open the breaker."""
    rate: float | None = None
    """Or this share of the last `window_calls`, 0 for those of a time, and of `minimum_calls`."""
    window_calls: int = 10
    minimum_calls: int = 5
    never_opens: bool = False
    open_s: float = 1.0
    open_growth: float = 1.0
    successes: int = 1
    probes: int | None = None
    inside: bool = False
    """The breaker is inside the retry: each attempt counts."""
    counts_missing: bool = False
    """A 404 counts as a failure in the breaker."""
    ttl_s: float | None = None
    missing_ttl_s: float = 0.0
    stale_if_error_s: float = 0.0
    max_entries: int | None = None
    single_flight: bool = False
    failures_cached: bool = False
    linear: bool = False
    """Waits grow by `backoff_s` each, and by no factor."""
    tokens: int | None = None
    """Further attempts of all calls take from a bucket of this many, filled by `tokens_per_s`."""
    tokens_per_s: float = 0.0
    shared_key: bool = False
    """The cache gives the answer about one thing to calls about others."""
    revalidate_s: float = 0.0
    """A kept answer is given so much longer, and asked for again behind it."""
    connection_errors: bool = True
    """What ends a connection is repeated."""
    timeouts: bool = True
    """So is an attempt that got no answer."""
    trace: str = "kept"
    """Or "new" for each attempt, or "none"; "w3c": a traceparent instead."""
    refusals_say: bool = False
    """What the open breaker refuses says in Retry-After when to ask again."""
    post: bool = False
    """It asks with a POST instead of a GET."""
    key: str = "kept"
    """The idempotency key of a POST; or "new" for each attempt, or "none"."""

    @property
    def has_breaker(self) -> bool:
        """Whether anything opens it."""
        return (self.failures is not None or self.rate is not None) and not self.never_opens

    def as_env(self) -> dict[str, str]:
        """Return the variables that say it; what is None is left out."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name.upper(): _said(value) for name, value in found.items() if value is not None}

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Self:
        """Read it back."""
        found = {field.name: env.get(field.name.upper()) for field in fields(cls)}
        defaults = cls()
        return cls(
            **{
                name: _read(text, getattr(defaults, name), name)
                for name, text in found.items()
                if text is not None
            }
        )


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return str(value)


_WHOLE = ("failures", "probes", "max_entries", "tokens")


def _read(text: str, default: object, name: str) -> Any:
    if isinstance(default, bool):
        return bool(text)
    if isinstance(default, tuple):
        return tuple(int(one) for one in text.split(",") if one)
    if isinstance(default, str):
        return text
    return int(text) if isinstance(default, int) or name in _WHOLE else float(text)
