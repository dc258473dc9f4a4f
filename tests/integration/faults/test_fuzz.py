"""Whatever is sent to the engine's API: an answer below 500, no hang, no death, no line of log.

SEATRIAL_FUZZ_CALLS sets how many calls are made; the default keeps the suite short.
"""

import json
import os
import random
import socket
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from seatrial.faults.engines import Engine
from seatrial.faults.select import start_embedded
from seatrial.system import Process, Session

from . import scrambled
from .wire import Api

CALLS = int(os.environ.get("SEATRIAL_FUZZ_CALLS", "600"))
SEED = 20


@pytest.fixture
def own() -> Iterator[Engine]:
    """An engine of one's own."""
    with Session() as session:
        yield start_embedded(session)


def _send(api: Api, raw: bytes) -> bytes:
    """Send bytes as they are and end; returns all that is answered."""
    host, _, port = api.netloc.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_malformed_requests_never_hang_or_kill(
    own: Engine, record_testsuite_property: Callable[[str, object], None]
) -> None:
    api, chance, statuses = Api(own.url), random.Random(SEED), Counter[str]()
    for _ in range(CALLS // 2):
        raw = scrambled.request(chance)
        try:
            answer = _send(api, raw)
        except ConnectionResetError:  # it was answered while there was more to read
            answer = b""
        status = answer[9:12].decode() or "closed"
        statuses[status] += 1
        assert status == "closed" or "200" <= status < "500", (raw, answer)
    assert statuses["400"] > 0
    record_testsuite_property("fuzzed_requests", json.dumps(statuses))
    assert api("GET", "/version").status == 200
    assert '"error"' not in _process(own).tail(5)


def test_malformed_bodies_get_the_right_4xx(
    own: Engine, record_testsuite_property: Callable[[str, object], None]
) -> None:
    api, chance, statuses = Api(own.url), random.Random(SEED), Counter[int]()
    right = {
        "name": "p",
        "upstream": "127.0.0.1:1",
        "enabled": False,
        "type": "slicer",
        "stream": "upstream",
        "toxicity": 0.5,
        "seed": 3,
        "attributes": {"average_size": 5, "size_variation": 2, "rate": 3, "delay": 1},
    }
    for _ in range(CALLS // 2):
        api("POST", "/proxies", right)
        path = chance.choice(("/proxies", "/proxies/p", "/proxies/p/toxics", "/populate", "/seed"))
        sent = scrambled.body(
            chance, right | {"type": chance.choice(("slicer", "bandwidth", "noop"))}
        )
        answer = api("POST", path, sent)
        statuses[answer.status] += 1
        assert answer.status in (200, 201, 400, 404, 409) or _is_address(answer.body), sent
        api("DELETE", "/proxies/p")
    assert statuses[400] > CALLS // 20
    record_testsuite_property("fuzzed_bodies", json.dumps(statuses))
    assert _process(own).running


def _is_address(body: bytes) -> bool:
    """An address that can't be listened on is a 500, as on the real server."""
    return "address" in json.loads(body)["error"] or "listen" in json.loads(body)["error"]


def _process(engine: Engine) -> Process:
    assert engine.process is not None
    return engine.process
