"""The policies as an httpx transport: an existing httpx user adopts them in one line.

    transport = ResilientTransport(httpx.AsyncHTTPTransport(), breaker, retry)

The caller still gets httpx's responses and exceptions: the last answer, whatever its status, or
the last transport error. What only the policies can say is both: `CircuitOpenOnWire` is a
`CircuitOpen` and an `httpx.TransportError`. Answers are read whole inside the
attempt, since a timeout that ends with the headers lets a dripping body outlive it.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx

from seatrial.resilience._attempt import mark_sent
from seatrial.resilience.classification import Classification, classify_status
from seatrial.resilience.composition import Policy, compose
from seatrial.resilience.errors import CircuitOpen, CutShort, OutOfTime, ServiceError, TimedOut
from seatrial.resilience.http import (
    announce_deadline,
    error_of_exception,
    error_of_response,
    repeatable,
)
from seatrial.resilience.operation import ANONYMOUS, Operation


class CircuitOpenOnWire(CircuitOpen, httpx.TransportError):
    """The breaker didn't let the request through."""


class TimedOutOnWire(TimedOut, httpx.TimeoutException):
    """The attempt or the call took longer than its policy allows."""


class CutShortOnWire(CutShort, httpx.TimeoutException):
    """The caller's deadline came before the answer."""


class OutOfTimeOnWire(OutOfTime, httpx.TimeoutException):
    """The deadline had passed before anything was sent."""


class ResilientTransport(httpx.AsyncBaseTransport):
    """Sends through another transport, under policies.

    Args:
        inner: what really sends, such as `httpx.AsyncHTTPTransport()`.
        policies: in their order, the first is the outermost; no cache.
        operation: what to write into errors and events.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        *policies: Policy,
        operation: Operation = ANONYMOUS,
    ) -> None:
        self._inner = inner
        self._operation = operation
        self._call = compose(*policies)(self._send, operation)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request under the policies."""
        try:
            return await self._call(request)
        except ServiceError as error:
            answer = getattr(error, "response", None)
            if isinstance(answer, httpx.Response):
                return answer
            if isinstance(error.__cause__, httpx.HTTPError):
                raise error.__cause__ from error
            raise _on_wire(error, request) from error

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """Make one attempt: return the whole answer, or raise an error of the tree."""
        announce_deadline(request, self._operation)
        can_repeat = repeatable(request) and isinstance(request.stream, httpx.ByteStream)
        mark_sent(can_repeat=can_repeat)
        try:
            response = await self._whole(request)
        except httpx.HTTPError as error:
            known = error_of_exception(error, self._operation, can_repeat=can_repeat)
            if known is None:
                raise
            raise known from error
        if classify_status(response.status_code) is Classification.FAILURE:
            failed = error_of_response(response, self._operation, can_repeat=can_repeat)
            assert failed is not None
            failed.response = response  # type: ignore[attr-defined]
            raise failed
        return response

    async def _whole(self, request: httpx.Request) -> httpx.Response:
        """Return the inner transport's answer, its body read but not decoded: the client does."""
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        try:
            body = b"".join([part async for part in response.stream])
        finally:
            await response.stream.aclose()
        response.stream = httpx.ByteStream(body)
        return response

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(exc_type, exc_value, traceback)


def _on_wire(error: ServiceError, request: httpx.Request) -> ServiceError:
    """Return the same error in a kind that `except httpx.HTTPError` catches too."""
    kinds: dict[type[ServiceError], type[ServiceError]]
    kinds = {
        CircuitOpen: CircuitOpenOnWire,
        TimedOut: TimedOutOnWire,
        CutShort: CutShortOnWire,
        OutOfTime: OutOfTimeOnWire,
    }
    kind = kinds.get(type(error))
    if kind is None:
        return error
    twin = kind.__new__(kind)
    twin.__dict__.update(error.__dict__, _request=request)
    twin.args = error.args
    return twin
