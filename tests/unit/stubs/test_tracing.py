"""A request's trace: in, out, and never another's."""

import asyncio
import io
import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from stubs.tracing import (
    LineWriter,
    TraceMiddleware,
    Tracer,
    current_trace_id,
    new_trace_id,
    traced,
)


async def tell_trace(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the trace id after others had time to set theirs."""
    await asyncio.sleep(0)
    body = (current_trace_id() or "none").encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def client(lines: list[str]) -> httpx.AsyncClient:
    app = TraceMiddleware(tell_trace, Tracer("s", lines.append), lambda *_: None)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://s")


async def test_a_trace_id_goes_in_and_comes_out() -> None:
    async with client([]) as http:
        answer = await http.get("/", headers={"x-trace-id": "abc"})
    assert answer.text == "abc"
    assert answer.headers["x-trace-id"] == "abc"


@pytest.mark.parametrize("bad", ["", " ", "a" * 129, "ä", "a\tb"])
async def test_a_trace_id_that_cannot_be_used_is_replaced(bad: str) -> None:
    async with client([]) as http:
        answer = await http.get("/", headers=[(b"x-trace-id", bad.encode())])
    assert answer.headers["x-trace-id"] != bad
    assert len(answer.text) == 32


async def test_the_longest_trace_id_is_kept() -> None:
    async with client([]) as http:
        answer = await http.get("/", headers={"x-trace-id": "a" * 128})
    assert answer.text == "a" * 128


async def test_the_first_of_two_trace_ids_wins() -> None:
    async with client([]) as http:
        answer = await http.get("/", headers=[("x-trace-id", "one"), ("x-trace-id", "two")])
    assert answer.text == "one"


async def test_requests_side_by_side_keep_their_own_traces() -> None:
    async with client([]) as http:
        names = [f"trace-{number}" for number in range(20)]
        answers = await asyncio.gather(
            *(http.get("/", headers={"x-trace-id": name}) for name in names)
        )
    assert [answer.text for answer in answers] == names


async def test_start_and_finish_are_written_with_the_trace() -> None:
    lines: list[str] = []
    async with client(lines) as http:
        await http.get("/path", headers={"x-trace-id": "abc"})
    started, finished = (json.loads(line) for line in lines)
    assert started["event"] == "request_started"
    assert started["data"] == {"method": "GET", "path": "/path"}
    assert finished["event"] == "request_finished"
    assert finished["data"]["status"] == 200
    assert finished["data"]["durationMs"] >= 0
    assert {started["traceId"], finished["traceId"]} == {"abc"}


async def test_a_request_that_failed_is_finished_too() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError

    reported: list[tuple[int, float]] = []

    def finished(_scope: Scope, status: int, took_s: float) -> None:
        reported.append((status, took_s))

    app = TraceMiddleware(fail, Tracer("s", lambda _: None), finished, iter([1.0, 3.5]).__next__)
    scope: dict[str, Any] = {"type": "http", "headers": [], "method": "GET", "path": "/"}
    with pytest.raises(RuntimeError):
        await app(scope, None, None)  # type: ignore[arg-type]
    assert reported == [(0, 2.5)]


def test_a_line_has_event_timestamp_trace_and_data() -> None:
    lines: list[str] = []
    tracer = Tracer("svc", lines.append, timestamp=lambda: "now")
    with traced("t"):
        tracer.event("happened", number=1, text='"\n\ud800')
    tracer.event("outside")
    inside, outside = (json.loads(line) for line in lines)
    assert inside == {
        "event": "happened",
        "timestamp": "now",
        "traceId": "t",
        "service": "svc",
        "data": {"number": 1, "text": '"\n\ud800'},
    }
    assert outside["traceId"] is None
    assert "\n" not in lines[0]


async def test_lines_of_one_turn_are_written_at_once_and_in_order() -> None:
    class Counting(io.StringIO):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            return super().write(text)

    stream = Counting()
    writer = LineWriter(stream)
    writer("one")
    writer("two")
    assert stream.getvalue() == ""
    await asyncio.sleep(0)
    assert stream.getvalue() == "one\ntwo\n"
    assert stream.writes == 1


def test_lines_outside_a_loop_are_written_now() -> None:
    stream = io.StringIO()
    LineWriter(stream)("one")
    assert stream.getvalue() == "one\n"


def test_a_reader_that_is_gone_ends_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    LineWriter(Closed())("one")


def test_new_trace_ids_differ_and_are_32_hexadecimal_digits() -> None:
    ids = {new_trace_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in ids)
