"""The policies under an httpx client, for those who already have one."""

import asyncio
import gzip
from typing import Any

import httpx
import pytest

from seatrial.resilience import (
    BreakerPolicy,
    CircuitBreaker,
    CircuitOpen,
    CircuitState,
    CutShort,
    Deadline,
    OutOfTime,
    ResilientTransport,
    Retry,
    RetryPolicy,
    TimedOut,
    deadline_scope,
)
from seatrial.resilience.testing import After, Dripping, ScriptedTransport, virtual_time


def ask(
    wire: ScriptedTransport,
    *,
    method: str = "GET",
    failures: int = 5,
    times: int = 1,
    **request: Any,
) -> tuple[list[object], float, CircuitBreaker]:
    """Return what requests in turn bring, how long they take, and the breaker afterwards."""
    with virtual_time() as loop:
        breaker = CircuitBreaker(BreakerPolicy(failures=failures), clock=loop.time)
        retry = Retry(RetryPolicy(jitter="none"), clock=loop.time)
        transport = ResilientTransport(wire, breaker, retry)

        async def one(client: httpx.AsyncClient) -> object:
            try:
                return (await client.request(method, "/", **request)).status_code
            except httpx.HTTPError as error:
                return error

        async def scenario() -> list[object]:
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return [await one(client) for _ in range(times)]

        return loop.run(scenario()), loop.time(), breaker


def test_a_passing_fault_is_not_noticed() -> None:
    wire = ScriptedTransport(503, httpx.ConnectError("refused"), 200)
    ends, seconds, _ = ask(wire)
    assert ends == [200]
    assert seconds == 6


def test_the_last_answer_is_given_whatever_its_status() -> None:
    wire = ScriptedTransport(then=500)
    ends, _, breaker = ask(wire)
    assert ends == [500]
    assert len(wire.requests) == 3
    assert breaker.snapshot().failures == 1


def test_the_last_transport_error_is_httpxs_own() -> None:
    ends, _, _ = ask(ScriptedTransport(then=httpx.ReadError("reset")))
    assert type(ends[0]) is httpx.ReadError


def test_a_4xx_is_given_at_once_and_counts_as_a_success() -> None:
    wire = ScriptedTransport(500, 500, 500, 404)
    ends, _, breaker = ask(wire, times=2)
    assert ends == [500, 404]
    assert breaker.snapshot().failures == 0


def test_an_open_circuit_is_an_httpx_error_and_ours() -> None:
    wire = ScriptedTransport(then=500)
    ends, _, _ = ask(wire, failures=1, times=2)
    error = ends[1]
    assert isinstance(error, CircuitOpen)
    assert isinstance(error, httpx.TransportError)
    assert error.retry_after_s == 60
    assert error.request.url == "http://x/"
    assert len(wire.requests) == 3


def test_an_attempt_that_is_aborted_is_an_httpx_timeout_and_ours() -> None:
    wire = ScriptedTransport(then=Dripping(b"x" * 1000, every_s=0.5))
    ends, seconds, _ = ask(wire)
    assert isinstance(ends[0], TimedOut)
    assert isinstance(ends[0], httpx.TimeoutException)
    assert ends[0].attempts == 3
    assert wire.aborted == 3
    assert seconds == 21


def test_a_callers_deadline_is_an_httpx_timeout_and_ours() -> None:
    with virtual_time() as loop:
        transport = ResilientTransport(
            ScriptedTransport(then=After(60, 200)), Retry(clock=loop.time)
        )

        async def scenario() -> None:
            async with httpx.AsyncClient(transport=transport) as client:
                with deadline_scope(Deadline.after(1, loop.time)):
                    await client.get("http://x/")

        with pytest.raises(CutShort) as caught:
            loop.run(scenario())
    assert isinstance(caught.value, httpx.TimeoutException)


def test_a_post_is_sent_once_and_with_a_key_three_times() -> None:
    plain, keyed = ScriptedTransport(then=503), ScriptedTransport(then=503)
    assert ask(plain, method="POST", json={"a": 1})[0] == [503]
    ask(keyed, method="POST", json={"a": 1}, headers={"idempotency-key": "k"})
    assert len(plain.requests) == 1
    assert [request.content for request in keyed.requests] == [b'{"a":1}'] * 3


def test_a_post_that_timed_out_is_sent_once() -> None:
    wire = ScriptedTransport(then=After(60, 200))
    ends, _, _ = ask(wire, method="POST", json={"a": 1})
    assert isinstance(ends[0], TimedOut)
    assert len(wire.requests) == 1


def test_a_body_that_can_be_read_once_is_sent_once() -> None:
    async def parts() -> Any:
        yield b"part"

    wire = ScriptedTransport(then=503)
    ask(wire, method="POST", content=parts(), headers={"idempotency-key": "k"})
    assert len(wire.requests) == 1


def test_a_mistake_of_ones_own_passes_untouched() -> None:
    ends, _, breaker = ask(ScriptedTransport(httpx.UnsupportedProtocol("ftp")))
    assert type(ends[0]) is httpx.UnsupportedProtocol
    assert breaker.snapshot().state is CircuitState.CLOSED


def test_an_answer_is_the_clients_to_decode_and_to_time() -> None:
    body = gzip.compress(b"body")
    answer = httpx.Response(
        200, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(body)
    )

    async def scenario() -> httpx.Response:
        transport = ResilientTransport(ScriptedTransport(answer), Retry())
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.get("http://x/")

    answered = asyncio.run(scenario())
    assert answered.content == b"body"
    assert answered.elapsed.total_seconds() >= 0
    assert answered.num_bytes_downloaded == len(body)


def test_the_deadline_is_sent_and_kept() -> None:
    with virtual_time() as loop:
        wire = ScriptedTransport(After(1, 503), After(60, 200))
        transport = ResilientTransport(wire, Retry(RetryPolicy(jitter="none"), clock=loop.time))

        async def scenario() -> None:
            async with httpx.AsyncClient(transport=transport) as client:
                with deadline_scope(Deadline.after(4, loop.time)):
                    with pytest.raises(httpx.TimeoutException):
                        await client.get("http://x/")
                    assert loop.time() == 4
                    with pytest.raises(OutOfTime):
                        await client.get("http://x/")

        loop.run(scenario())
        assert len(wire.requests) == 2


def test_cancelling_the_caller_aborts_the_request() -> None:
    with virtual_time() as loop:
        wire = ScriptedTransport(After(60, 200))
        transport = ResilientTransport(wire, Retry(clock=loop.time))

        async def scenario() -> None:
            async with httpx.AsyncClient(transport=transport) as client:
                task = asyncio.create_task(client.get("http://x/"))
                await asyncio.sleep(1)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                assert task.cancelled()

        loop.run(scenario())
        assert wire.aborted == 1
