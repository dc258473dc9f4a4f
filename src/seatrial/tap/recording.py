"""Whole exchanges that the action `record` keeps: what was asked and answered, bounded."""

import base64
from collections import deque

from pydantic import Base64Bytes

from seatrial.results import Model
from seatrial.tap.coding import decoded
from seatrial.tap.message import Headers, WholeAnswer

KEPT_BYTES = 64 * 1024 * 1024
"""The size of all bodies together."""
_EXCHANGE_BYTES = 2_000
"""About what an exchange costs without its bodies."""


class RecordedExchange(Model):
    """One request with the provider's answer. Bodies are without their content coding."""

    method: str
    path: str
    """Raw, without the query."""
    query: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: Base64Bytes
    status: int
    answer_headers: tuple[tuple[str, str], ...]
    answer_body: Base64Bytes


class Recordings(Model):
    """What was kept, in order."""

    exchanges: tuple[RecordedExchange, ...]
    dropped: int
    """Those that no longer fitted."""


class Recorder:
    """Keeps exchanges until their bodies are too much; later ones are counted alone.

    Args:
        limit_bytes: of all that is kept.
    """

    def __init__(self, limit_bytes: int = KEPT_BYTES) -> None:
        self._limit = limit_bytes
        self._kept: deque[RecordedExchange] = deque()
        self._bytes = 0
        self._dropped = 0

    def keep(
        self,
        request: tuple[str, str, str, Headers, bytes],
        answer: WholeAnswer,
    ) -> None:
        """Keep one exchange: method, path, query, headers and body of the request, the answer."""
        method, path, query, headers, body = request
        size = len(body) + len(answer.body) + _EXCHANGE_BYTES
        if self._bytes + size > self._limit:
            self._dropped += 1
            return
        self._bytes += size
        asked = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in headers.pairs]
        answered = [
            (name, value)
            for name, values in answer.headers.items()
            for value in ((values,) if isinstance(values, str) else values)
        ]
        asked, body = _plain(asked, body)
        answered, content = _plain(answered, answer.body)
        self._kept.append(
            RecordedExchange(
                method=method,
                path=path,
                query=query,
                request_headers=tuple(asked),
                request_body=base64.b64encode(body),
                status=answer.status,
                answer_headers=tuple(answered),
                answer_body=base64.b64encode(content),
            )
        )

    def recordings(self) -> Recordings:
        """Return all that was kept."""
        return Recordings(exchanges=tuple(self._kept), dropped=self._dropped)

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()
        self._bytes = self._dropped = 0


def _plain(headers: list[tuple[str, str]], body: bytes) -> tuple[list[tuple[str, str]], bytes]:
    """Take the content coding off a body; one that isn't known stays, and its header with it."""
    codings = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
    plain = decoded(body, codings) if codings and body else None
    if plain is None:
        return headers, body
    return [pair for pair in headers if pair[0].lower() != "content-encoding"], plain
