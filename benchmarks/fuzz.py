"""Thousands of malformed calls to the engine and the tap, each of which must get its answer.

`python -m benchmarks fuzz` prints how many were made. The generators are those of the tests, which
make fewer of them in each run.
"""

import random
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator

from seatrial.faults import start_embedded
from seatrial.system import Process, Session
from seatrial.tap import start_tap
from tests.integration.faults import scrambled
from tests.integration.faults.wire import Api
from tests.integration.tap.test_fuzz import control_call, request_bytes

CALLS = 1_600
"""Of each of the four kinds."""
SEED = 7
PATIENCE_S = 10.0
_BODY = {
    "name": "p",
    "upstream": "127.0.0.1:1",
    "enabled": False,
    "type": "slicer",
    "stream": "upstream",
    "attributes": {"average_size": 5, "size_variation": 2, "rate": 3, "delay": 1},
}


def figures() -> dict[str, float]:
    """`fuzzed_calls`, and how many of them were refused; a wrong answer ends the benchmark."""
    chance, seen = random.Random(SEED), Counter[str]()
    with Session() as session:
        engine = start_embedded(session)
        provider = Api(engine.url).netloc
        tap = start_tap(session, f"http://{provider}")
        assert engine.process is not None
        kinds: tuple[tuple[str, Process, Callable[[], Iterator[bytes]]], ...] = (
            (engine.url, engine.process, lambda: (scrambled.request(chance) for _ in _many())),
            (engine.url, engine.process, lambda: (_body(chance) for _ in _many())),
            (tap.control_url, tap.process, lambda: (_control(chance) for _ in _many())),
            (tap.url, tap.process, lambda: (request_bytes(chance) for _ in _many())),
        )
        for url, process, calls in kinds:
            for raw in calls():
                seen[_told(url, raw)] += 1
            assert process.running, process.tail()
            assert '"error"' not in process.tail(), process.tail()
        for url in (f"{engine.url}/version", f"{tap.control_url}/health/live"):
            assert Api(url)("GET", "/" + url.split("/", 3)[3]).status == 200
    refused = sum(count for status, count in seen.items() if status.startswith("4"))
    return {"fuzzed_calls": sum(seen.values()), "fuzzed_calls_refused": refused}


def _many() -> range:
    return range(CALLS)


def _told(url: str, raw: bytes) -> str:
    """The status of the answer to some bytes, "closed" without one; never a hang, never a 5xx."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    began_s = time.monotonic()
    answer = b""
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as wire:
        try:
            wire.sendall(raw)
            wire.shutdown(socket.SHUT_WR)
            while part := wire.recv(65536):
                answer += part
        except ConnectionError:  # it was answered while there was more to read
            pass
    assert time.monotonic() - began_s < PATIENCE_S, raw
    status = answer[9:12].decode("latin-1") or "closed"
    address = b"address" in answer or b"listen" in answer  # one that can't be listened on, as in Go
    assert status == "closed" or "100" <= status < "500" or address or status in ("501", "505"), (
        raw,
        answer,
    )
    return status


def _request(method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
    head = "\r\n".join((*lines, f"content-length: {len(body)}", "connection: close", "", ""))
    return head.encode("latin-1", "replace") + body


def _body(chance: random.Random) -> bytes:
    path = chance.choice(("/proxies", "/proxies/p", "/proxies/p/toxics", "/populate", "/seed"))
    kind = chance.choice(("slicer", "bandwidth", "noop", "packet_loss"))
    sent = scrambled.body(chance, _BODY | {"type": kind})
    return _request("POST", path, sent, {"host": "127.0.0.1"})


def _control(chance: random.Random) -> bytes:
    call = control_call(chance)
    headers = {"host": "127.0.0.1"} | call["headers"]
    return _request(call["method"], call["url"], call["content"], headers)
