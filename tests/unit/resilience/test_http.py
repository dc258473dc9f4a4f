"""HTTP in the policies' eyes: statuses, exceptions, Retry-After, and what may be sent twice."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.resilience import (
    BadAnswer,
    Deadline,
    Operation,
    OutOfTime,
    Overloaded,
    Rejected,
    ServiceError,
    TimedOut,
    Unavailable,
    deadline_scope,
    error_of_exception,
    error_of_response,
    retry_after_s,
    send,
)
from seatrial.resilience.http import may_repeat, repeatable
from seatrial.resilience.testing import FakeClock, ScriptedTransport

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)


def in_seconds(seconds: float) -> str:
    """An HTTP date that is so far from `NOW`."""
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (200, {}, None),
        (204, {}, None),
        (302, {}, BadAnswer),
        (400, {}, Rejected),
        (404, {}, Rejected),
        (429, {}, Overloaded),
        (429, {"retry-after": "3"}, Overloaded),
        (500, {}, Unavailable),
        (500, {"retry-after": "3"}, Unavailable),
        (503, {}, Unavailable),
        (503, {"retry-after": "3"}, Overloaded),
        (503, {"retry-after": "soon"}, Unavailable),
    ],
)
def test_statuses_become_errors(
    status: int, headers: dict[str, str], kind: type[ServiceError] | None
) -> None:
    error = error_of_response(httpx.Response(status, headers=headers))
    assert (type(error) if error else None) is kind
    if error is not None and kind is not BadAnswer:
        assert error.status == status


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), Unavailable),
        (httpx.ReadError("reset"), Unavailable),
        (httpx.RemoteProtocolError("no answer"), Unavailable),
        (httpx.ConnectTimeout("slow"), TimedOut),
        (httpx.PoolTimeout("busy"), TimedOut),
        (httpx.DecodingError("gzip"), BadAnswer),
        (httpx.TooManyRedirects("loop"), BadAnswer),
        (httpx.UnsupportedProtocol("ftp"), None),
        (httpx.LocalProtocolError("our own"), None),
    ],
    ids=lambda part: getattr(part, "__name__", type(part).__name__),
)
def test_httpx_exceptions_become_errors(
    error: httpx.HTTPError, kind: type[ServiceError] | None
) -> None:
    known = error_of_exception(error)
    assert (type(known) if known else None) is kind


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (in_seconds(90), 90.0),
        (in_seconds(-90), 0.0),
        ("Thursday, 29-Feb-24 12:00:30 GMT", 30.0),
        ("", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("99999999999", None),
        ("Thu, 99 Feb 2024 12:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after_s(httpx.Headers({"retry-after": value}), now=lambda: NOW) == seconds


def test_a_date_is_measured_by_the_clock_of_the_one_who_sent_it() -> None:
    fast = in_seconds(3600)  # the provider's clock is an hour ahead
    headers = httpx.Headers({"date": fast, "retry-after": in_seconds(3605)})
    assert retry_after_s(headers, now=lambda: NOW) == 5.0


@given(st.text(alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n\0")))
def test_no_retry_after_is_an_error(value: str) -> None:
    seconds = retry_after_s(httpx.Headers([(b"retry-after", value.encode("latin-1"))]))
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("method", "headers", "may"),
    [
        ("GET", {}, True),
        ("HEAD", {}, True),
        ("POST", {}, False),
        ("PATCH", {}, False),
        ("DELETE", {}, False),
        ("POST", {"Idempotency-Key": "k"}, True),
    ],
)
def test_only_what_is_safe_may_be_sent_twice(
    method: str, headers: dict[str, str], may: bool
) -> None:
    request = httpx.Request(method, "http://x/", headers=headers)
    assert repeatable(request) is may
    assert may_repeat(httpx.ConnectError("refused", request=request)) is may
    assert may_repeat(httpx.ConnectError("refused")) is True
    assert may_repeat(ValueError()) is True


async def test_send_names_the_call_in_its_errors() -> None:
    wire = ScriptedTransport(httpx.ConnectError("refused"), 500)
    operation = Operation("user-service", "create", trace_id=lambda: "t-1")
    async with httpx.AsyncClient(transport=wire, base_url="http://users") as client:
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                await send(client, client.build_request("POST", "/users"), operation)
            error = caught.value
            assert (error.service, error.operation) == ("user-service", "create")
            assert error.trace_id == "t-1"
            assert not error.repeatable


async def test_send_passes_accepted_statuses_and_the_deadline_on() -> None:
    wire = ScriptedTransport(404)
    clock = FakeClock()
    async with httpx.AsyncClient(transport=wire, base_url="http://users") as client:
        request = client.build_request("GET", "/", headers={"x-request-deadline-ms": "99999"})
        with deadline_scope(Deadline.after(1.5, clock)):
            answer = await send(client, request, accept={404})
        assert answer.status_code == 404
    assert wire.requests[0].headers["x-request-deadline-ms"] == "1500"


async def test_send_sends_nothing_for_a_caller_that_has_gone() -> None:
    wire = ScriptedTransport(200)
    clock = FakeClock()
    async with httpx.AsyncClient(transport=wire, base_url="http://users") as client:
        with deadline_scope(Deadline.after(1, clock)):
            clock.advance(1)
            with pytest.raises(OutOfTime) as caught:
                await send(client, client.build_request("GET", "/"))
    assert wire.requests == []
    assert caught.value.attempts == 0


async def test_a_mistake_on_this_side_is_not_the_providers() -> None:
    async with httpx.AsyncClient(
        transport=ScriptedTransport(httpx.UnsupportedProtocol("ftp"))
    ) as client:
        with pytest.raises(httpx.UnsupportedProtocol):
            await send(client, client.build_request("GET", "ftp://x/"))
