"""The request of a failed arrival and its answer, as plain values without secrets."""

from typing import Any

import gevent.local
from geventhttpclient.header import Headers
from locust.contrib.fasthttp import ErrorResponse, FastResponse

from seatrial.redaction import shown_headers, without_secrets

_SHOWN_CHARS = 2_000


class LastAnswer(gevent.local.local):  # type: ignore[misc] # which has no types
    """The last answer that the current greenlet was given."""

    answer: FastResponse | None = None


def exchange_of(answer: FastResponse, took_s: float) -> dict[str, Any]:
    """Return a request and its answer as the fields of an `HttpExchange`."""
    request = answer.request
    assert request is not None
    body = request.payload if isinstance(request.payload, str | bytes) else ""
    if isinstance(answer, ErrorResponse):
        said = str(answer.error) or type(answer.error).__name__
    else:
        said = answer.text or ""
    return {
        "method": request.method,
        "url": without_secrets(str(request.url)),
        "headers": _headers(request.headers),
        "body": _text(body),
        "status": answer.status_code or None,
        "took_s": round(took_s, 4),
        "answer_headers": _headers(answer.headers),
        "answer": _text(said),
    }


def _headers(headers: Headers | None) -> dict[str, str]:
    # An unusual value is kept as it was given: a number, or several values.
    return shown_headers({name: str(value) for name, value in headers.items()} if headers else {})


def _text(body: str | bytes) -> str:
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    return without_secrets(text[:_SHOWN_CHARS])
