"""The design's Tracer: one JSON line for each event."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from stubs.tracing.context import current_trace_id

_quote = json.encoder.encode_basestring_ascii
_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def now_iso() -> str:
    """The time now, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


class Tracer:
    """Says what happens in a service, with the trace id of the request that caused it."""

    def __init__(
        self,
        service: str,
        write: Callable[[str], None],
        *,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self._service = _quote(service)
        self._write = write
        self._timestamp = timestamp

    def event(self, name: str, **data: object) -> None:
        """Write one line: `event`, `timestamp`, `traceId` (null outside a request), `data`.

        Args:
            name: a word, as it is written in the code.
            data: whatever JSON can say; other things as their text.
        """
        # Put together by hand: it happens twice in every request.
        trace_id = current_trace_id()
        self._write(
            f'{{"event":"{name}","timestamp":"{self._timestamp()}",'
            f'"traceId":{"null" if trace_id is None else _quote(trace_id)},'
            f'"service":{self._service},"data":{_encode(data)}}}'
        )

    def waiting(self, place: str, reason: str) -> None:
        """Say what the start waits for, and why."""
        self.event("waiting", **{"for": place, "reason": reason})
