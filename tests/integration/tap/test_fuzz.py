"""Thousands of wrong calls: each gets a sentence, none ends the tap or makes it wait.

`SEATRIAL_FUZZ_CALLS` says how many of each kind; the default is for every run of the tests.
"""

import asyncio
import json
import os
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from seatrial.tap.control import control_app
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.state import Tap
from tests.integration.tap.rig import PATIENCE_S, Wire, rig

CALLS = int(os.environ.get("SEATRIAL_FUZZ_CALLS", "1000"))
TOLD = {200, 201, 204, 307, 400, 403, 404, 405, 413, 415, 422}

PLAN: dict[str, Any] = {
    "rules": [
        {
            "match": {"method": "GET", "path": "/a", "query": {"a": "1"}, "header": {"b": "2"}},
            "when": {"window": [0, 5]},
            "per": "path",
            "do": {"kind": "status", "status": 503, "headers": {"retry-after": "1"}, "json": {}},
        },
        {"when": {"first": 1}, "do": {"kind": "drip", "stepBytes": 1, "intervalS": 0.1}},
        {"when": {"every": 1}, "do": {"kind": "half_body", "share": 0.5, "then": "reset"}},
        {"when": {"always": True}, "do": {"kind": "forward_then", "then": "hang", "hangS": 1}},
        {"do": {"kind": "body", "text": "a", "headers": {}}},
    ]
}
HOLD: dict[str, Any] = {
    "match": {"path": "/a"},
    "until": 2,
    "place": "answer",
    "timeoutS": 1,
}
ODD: list[Any] = [
    *(None, True, 0, -1, 1, 10**400, 1e308, float("nan"), float("inf"), "", "a", "(", "a{9999999}"),
    *(
        "\ud800",
        "\x00",
        "é" * 600,
        "(" * 400,
        [],
        {},
        [[]],
        {"": None},
        {"kind": "reset"},
        [0] * 2000,
    ),
]
PATHS = [
    "/plan",
    "/barrier",
    "/release",
    "/journal",
    "/health/live",
    "/",
    "/plan/",
    "/%00",
    "/..//",
]
METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "NONSENSE"]
TYPES = ["application/json", "application/json; charset=x", "text/plain", "", "a/b"]


def spoiled(value: Any, dice: random.Random) -> Any:
    """A copy with something odd at one place, or a part gone or too much."""
    if dice.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return dice.choice(ODD)
    if isinstance(value, list):
        place = dice.randrange(len(value))
        return [spoiled(v, dice) if i == place else v for i, v in enumerate(value)]
    key = dice.choice(list(value))
    if dice.random() < 0.2:
        return {k: v for k, v in value.items() if k != key}
    if dice.random() < 0.2:
        return value | {str(dice.choice(ODD)): 1}
    return {k: spoiled(v, dice) if k == key else v for k, v in value.items()}


def control_call(dice: random.Random) -> dict[str, Any]:
    """One call to the control port, with one or more things wrong."""
    path, body = dice.choice([("/plan", PLAN), ("/barrier", HOLD)])
    content = json.dumps(spoiled(body, dice)).encode()
    method = {"/plan": "PUT", "/barrier": "POST"}[path]
    headers = {"content-type": "application/json"}
    kind = dice.randrange(6)
    if kind == 0:
        cut = dice.randrange(len(content) + 1)
        content = content[:cut] + dice.randbytes(dice.randrange(8)) + content[cut + 2 :]
    elif kind == 1:
        method, path = dice.choice(METHODS), dice.choice(PATHS)
    elif kind == 2:
        headers = {"content-type": dice.choice(TYPES), dice.choice(["origin", "host"]): "evil"}
    elif kind == 3:
        method, path = "GET", dice.choice(["/journal?since=", "/barrier?timeoutS=0&waiting="])
        path += dice.choice(["", "x", "-1", "1e9", "9" * 99, "%ff", "1", "nan", "0&since=2"])
    return {"method": method, "url": path, "content": content, "headers": headers}


async def test_wrong_control_calls_get_a_sentence(record_property: Callable[..., None]) -> None:
    dice = random.Random(11)
    tap = Tap(ProviderAddress("127.0.0.1", 9))
    transport = httpx.ASGITransport(control_app(tap))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1") as http:
        for _ in range(CALLS):
            call = control_call(dice)
            async with asyncio.timeout(PATIENCE_S):
                answer = await http.request(**call)
            assert answer.status_code in TOLD, (call, answer.text)
            tap.release()
        assert (await http.get("/health/live")).status_code == 200
    record_property("fuzzed_calls", CALLS)


PARTS = [
    *(b"GET / HTTP/1.1\r\n", b"POST /a?b HTTP/1.1\r\n", b"HEAD * HTTP/1.1\r\n", b"host: h\r\n"),
    *(b"content-length: 3\r\n", b"transfer-encoding: chunked\r\n", b"expect: 100-continue\r\n"),
    *(b"connection: close\r\n", b"connection: upgrade\r\nupgrade: h2c\r\n", b"\r\n", b"abc"),
    *(b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\nx: y\r\n\r\n", b"x: y\r\n", b"\x00", b"\xff" * 9),
    *(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\n\r\nabc", b"GET / HTTP/1.1\r\n\r\n"),
    b"GET /ok HTTP/1.1\r\nhost: h\r\n\r\n",
]


def request_bytes(dice: random.Random) -> bytes:
    """Parts of requests in an order that makes sense now and then."""
    data = b"".join(dice.choices(PARTS, k=dice.randint(1, 9)))
    if dice.random() < 0.3:
        place = dice.randrange(len(data))
        data = data[:place] + dice.randbytes(1) + data[place + 1 :]
    return data


@pytest.mark.parametrize("seed", [1, 2])
async def test_wrong_requests_end_in_an_answer_or_the_connections_end(seed: int) -> None:
    dice = random.Random(seed)

    async def provider(wire: Wire) -> None:
        while data := await wire.reader.read(65536):
            answers = data.count(b"HTTP/1.1\r\n")
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok" * answers)

    async with rig(provider) as r:
        for _ in range(CALLS // 4):
            async with r.connect() as wire:
                await wire.send(request_bytes(dice))
                if dice.random() < 0.1:
                    wire.reset()
        await r.idle()
        assert (await r.ask()).endswith(b"ok")
        entries = r.tap.journal.page().entries
        assert not any(entry.pending for entry in entries)
