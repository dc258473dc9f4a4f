"""HTTP as the policies see it: only here foreign exceptions and statuses become our errors."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from seatrial.resilience._attempt import mark_sent
from seatrial.resilience.classification import CALLERS_MISTAKES
from seatrial.resilience.deadline import DEADLINE_HEADER, current_deadline
from seatrial.resilience.errors import (
    About,
    BadAnswer,
    OutOfTime,
    Overloaded,
    Rejected,
    ServiceError,
    TimedOut,
    Unavailable,
)
from seatrial.resilience.operation import ANONYMOUS, Operation

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that do nothing, and so may be sent again."""


def repeatable(request: httpx.Request) -> bool:
    """Return True if a request may be sent twice: a safe method, or an `Idempotency-Key`."""
    return request.method.upper() in SAFE_METHODS or "idempotency-key" in request.headers


def may_repeat(error: Exception) -> bool:
    """Return True if the call that ended with this error may be sent again, as far as it knows."""
    if isinstance(error, ServiceError):
        return error.repeatable
    if isinstance(error, (httpx.RequestError, httpx.HTTPStatusError)):
        try:
            return repeatable(error.request)
        except RuntimeError:  # httpx's way of saying that no request was set
            return True
    return True


def announce_deadline(request: httpx.Request, operation: Operation = ANONYMOUS) -> None:
    """Write the ambient deadline into a request that is about to be sent.

    Raises:
        OutOfTime: it has passed, and nobody waits for the answer.
    """
    deadline = current_deadline()
    if deadline is None:
        return
    if deadline.passed:
        raise OutOfTime("out of time: the deadline has passed", **_about(operation))
    request.headers[DEADLINE_HEADER] = deadline.header_value()


def utc_now() -> datetime:
    """Return the time of day; only ever compared with the dates of an HTTP answer."""
    return datetime.now(UTC)


def retry_after_s(headers: httpx.Headers, now: Callable[[], datetime] = utc_now) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or a date; None for nonsense.

    A date is compared with the answer's own `Date` where it has one, so that the two machines'
    clocks needn't agree.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= 10 else None
    wanted = _date(text)
    if wanted is None:
        return None
    return max(0.0, (wanted - (_date(headers.get("date", "")) or now())).total_seconds())


def asked_wait_s(error: Exception) -> float | None:
    """Return the seconds that the provider asked to wait; None if the error doesn't say."""
    if isinstance(error, httpx.HTTPStatusError):
        return retry_after_s(error.response.headers)
    return error.retry_after_s if isinstance(error, ServiceError) else None


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=UTC)


def error_of_response(
    response: httpx.Response, operation: Operation = ANONYMOUS, *, can_repeat: bool = True
) -> ServiceError | None:
    """Return the error that a status stands for; None for 2xx."""
    status = response.status_code
    about = _about(operation, can_repeat=can_repeat)
    wait_s = retry_after_s(response.headers)
    if 200 <= status < 300:
        return None
    if status == 429 or (status == 503 and wait_s is not None):
        return Overloaded(
            f"overloaded, answered {status}", retry_after_s=wait_s, status=status, **about
        )
    if status >= 500:
        return Unavailable(f"answered {status}", status=status, **about)
    if status >= 400:
        return Rejected(status=status, **about)
    return BadAnswer(f"answered {status}, which isn't an answer to use", **about)


def error_of_exception(
    error: httpx.HTTPError, operation: Operation = ANONYMOUS, *, can_repeat: bool = True
) -> ServiceError | None:
    """Return the error that an httpx exception stands for; None for a mistake on this side."""
    about = _about(operation, can_repeat=can_repeat)
    what = f"{type(error).__name__} {error}".strip()
    if isinstance(error, httpx.TimeoutException):
        return TimedOut(f"timed out: {what}", **about)
    if isinstance(error, (httpx.DecodingError, httpx.TooManyRedirects)):
        return BadAnswer(f"bad answer: {what}", **about)
    if isinstance(error, httpx.TransportError) and not isinstance(error, CALLERS_MISTAKES):
        return Unavailable(f"unavailable: {what}", **about)
    return None


async def send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    operation: Operation = ANONYMOUS,
    *,
    accept: Container[int] = (),
) -> httpx.Response:
    """Send a request once, its ambient deadline with it, and read the whole answer.

    Args:
        client: what to send with.
        request: what to send.
        operation: what to write into errors.
        accept: statuses other than 2xx that are answers to the caller, such as `{404}`.

    Raises:
        ServiceError: one of the tree in `errors`; never `CircuitOpen`, which is the breaker's.
    """
    can_repeat = repeatable(request)
    announce_deadline(request, operation)
    mark_sent(can_repeat=can_repeat)
    try:
        response = await client.send(request)
    except httpx.HTTPError as error:
        known = error_of_exception(error, operation, can_repeat=can_repeat)
        if known is None:
            raise
        raise known from error
    failed = error_of_response(response, operation, can_repeat=can_repeat)
    if failed is not None and response.status_code not in accept:
        raise failed
    return response


def _about(operation: Operation, *, can_repeat: bool = True) -> About:
    return About(
        service=operation.service,
        operation=operation.name,
        trace_id=operation.trace_id(),
        repeatable=can_repeat and operation.repeatable,
    )
