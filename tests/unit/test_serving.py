"""Servers of ours: they announce themselves once they serve, and SIGTERM ends them with 0."""

import asyncio
import json
import os
import signal
import socket

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from seatrial.errors import UsageError
from seatrial.serving import UvicornServer, announce, listen, serve_until_signal, url_of


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def config() -> uvicorn.Config:
    return uvicorn.Config(app, lifespan="off", log_config=None)


async def test_several_servers_serve_until_one_signal_ends_them_all() -> None:
    answers: list[int] = []
    with listen("127.0.0.1", 0) as one, listen("127.0.0.1", 0) as two:
        listening = asyncio.Event()

        async def ask() -> None:
            await listening.wait()
            async with httpx.AsyncClient(trust_env=False) as client:
                answers.extend(
                    [(await client.get(url_of(each))).status_code for each in (one, two)]
                )
            os.kill(os.getpid(), signal.SIGTERM)

        asking = asyncio.create_task(ask())
        await serve_until_signal(
            (UvicornServer(config()), one), (UvicornServer(config(), listening.set), two)
        )
        await asking
    assert answers == [204, 204]


def test_a_taken_port_is_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            UsageError, match=rf"can't listen on 127.0.0.1:{port}: .*; take another"
        ):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("port", [-1, 65536, 10**10])
def test_what_is_no_port_is_one_sentence(port: int) -> None:
    with pytest.raises(UsageError, match="can't listen on"):
        listen("127.0.0.1", port)


def test_a_url_has_an_ipv6_address_in_brackets() -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listener = listen("::1", 0)
    except UsageError:
        pytest.skip("no IPv6 here")
    with listener:
        assert url_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_the_announcement_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    announce(url="http://x", seed=1)
    line = json.loads(capsys.readouterr().out)
    assert (line["event"], line["data"]) == ("listening", {"url": "http://x", "seed": 1})
