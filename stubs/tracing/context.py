"""The trace of the request at hand.

It belongs to the request's own context, so that requests served side by side never see each
other's (the design keeps it in a singleton of the process, and mixes them up).
"""

import os
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)

_LONGEST = 128


def new_trace_id() -> str:
    """32 hexadecimal digits, the size of a W3C trace id."""
    return os.urandom(16).hex()


def current_trace_id() -> str | None:
    """The trace id of the request at hand; None outside a request."""
    return _trace_id.get()


@contextmanager
def traced(trace_id: str | None) -> Generator[None]:
    """Give the calls and events inside this trace id."""
    token = _trace_id.set(trace_id)
    try:
        yield
    finally:
        _trace_id.reset(token)


def incoming_trace_id(headers: list[tuple[bytes, bytes]]) -> str:
    """The request's first `x-trace-id`; a new one if it is missing, too long or unprintable."""
    for name, value in headers:
        if name == b"x-trace-id":
            return _accepted(value.strip()) or new_trace_id()
    return new_trace_id()


def _accepted(raw: bytes) -> str | None:
    if not 0 < len(raw) <= _LONGEST or not raw.isascii():
        return None
    text = raw.decode("ascii")
    return text if text.isprintable() else None
