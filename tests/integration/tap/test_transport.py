"""The tap's HTTP as httpx's clients use it."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from seatrial.tap import PlainTransport


@asynccontextmanager
async def answering(*parts: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Serve connections that each get these bytes for a request; give the URL and the requests."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or b"0")
        asked.append(head + await reader.readexactly(length))
        for part in parts:
            writer.write(part)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=PlainTransport(), trust_env=False, timeout=None)  # noqa: S113


async def test_a_request_goes_out_whole_and_its_answer_comes_back_decoded() -> None:
    body = gzip.compress(b'{"a": 1}')
    head = (
        b"HTTP/1.1 201 Made Up\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n"
        b"content-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
    async with answering(head, chunks) as (url, asked), client() as http:
        answer = await http.post(f"{url}/a%20b?c=d", json={"x": "ü"}, headers={"X-Own": "1"})
        assert (answer.status_code, answer.reason_phrase, answer.json()) == (
            201,
            "Made Up",
            {"a": 1},
        )
        assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
        assert dict(http.cookies) == {"a": "1", "b": "2"}
        request = asked[0].decode()
        assert request.startswith("POST /a%20b?c=d HTTP/1.1\r\nHost: 127.0.0.1:")
        assert "\r\nX-Own: 1\r\n" in request
        assert request.endswith('\r\n\r\n{"x":"ü"}')


async def test_each_request_has_a_connection_of_its_own() -> None:
    async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok") as (url, asked):
        async with client() as http:
            assert [(await http.get(url)).text for _ in range(2)] == ["ok", "ok"]
        assert len(asked) == 2


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"", httpx.ReadError),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", httpx.ReadError),
        (b"220 mail.example.com ESMTP\r\n\r\n", httpx.RemoteProtocolError),
    ],
)
async def test_what_is_no_answer_is_an_error_of_httpx(
    said: bytes, error: type[httpx.HTTPError]
) -> None:
    async with answering(said) as (url, _), client() as http:
        with pytest.raises(error):
            await http.get(url)


async def test_where_nobody_listens_the_connection_is_refused() -> None:
    async with answering() as (url, _):
        pass
    async with client() as http:
        with pytest.raises(httpx.ConnectError, match="refused"):
            await http.get(url)
