"""The design's Tracer: one JSON line for each event."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from stubs.tracing.context import current_trace_id

_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode


def now_iso() -> str:
    """The time now, ISO 8601 in UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Tracer:
    """Says what happens in a service, with the trace id of the request that caused it."""

    def __init__(
        self,
        service: str,
        write: Callable[[str], None],
        *,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self.service = service
        self._write = write
        self._timestamp = timestamp

    def event(self, name: str, **data: object) -> None:
        """Write one line: `event`, `timestamp`, `traceId` (null outside a request), `data`."""
        self._write(
            _encode(
                {
                    "event": name,
                    "timestamp": self._timestamp(),
                    "traceId": current_trace_id(),
                    "service": self.service,
                    "data": data,
                }
            )
        )
