"""Both engines give the same answer, byte for byte, to bodies that are almost right."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.faults.engines import Engine

from . import scrambled
from .wire import Api

ROUNDS = 200
PROXY = {"name": "p", "listen": "127.0.0.1:0", "upstream": "x:1", "enabled": False}


class Twins:
    """The real server and ours, asked the same."""

    def __init__(self, real: Api, own: Api) -> None:
        self._apis = real, own

    def __call__(self, method: str, path: str, body: Any = None) -> int:
        """Ask both, make sure that they say the same, and return the status."""
        answered = [
            (found.status, found.body) for found in (api(method, path, body) for api in self._apis)
        ]
        assert answered[0] == answered[1], body
        return answered[0][0]


@pytest.fixture
def twins(real: Engine, embedded: Engine) -> Iterator[Twins]:
    """Both, with a proxy "p" that doesn't listen."""
    both = Twins(Api(real.url), Api(embedded.url))
    assert both("POST", "/proxies", PROXY) == 201
    yield both
    both("DELETE", "/proxies/p")


def _bodies(right: dict[str, Any], seed: int) -> Iterator[bytes]:
    """Scrambled bodies, but for a key of the real server's inside that nobody means to send."""
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        body = scrambled.body(chance, right)
        if b"logger" not in body.lower():
            yield body


def test_scrambled_changes_of_a_proxy_are_answered_alike(twins: Twins) -> None:
    statuses = set()
    for body in _bodies({"upstream": "y:1", "enabled": False, "name": "p"}, 1):
        if b"true" not in body:  # it would listen, and the ports would differ
            statuses.add(twins("PATCH", "/proxies/p", body))
            assert twins("PATCH", "/proxies/p", PROXY) == 200
    assert statuses == {200, 400}


def test_scrambled_populates_are_answered_alike(twins: Twins) -> None:
    statuses = set()
    for body in _bodies(PROXY, 3):  # the second entry sees to it that nothing is made
        statuses.add(twins("POST", "/populate", b"[" + body + b",{}]"))
    assert statuses == {400}


def test_scrambled_toxics_are_answered_alike(twins: Twins) -> None:
    right = {
        "type": "latency",
        "name": "t",
        "stream": "upstream",
        "toxicity": 0.5,
        "attributes": {"latency": 5, "jitter": 6},
    }
    statuses = set()
    for body in _bodies(right, 2):
        statuses.add(twins("POST", "/proxies/p/toxics", body))
        twins("GET", "/proxies/p/toxics")
        _fresh(twins)
    assert statuses == {200, 400}


def test_scrambled_changes_of_a_toxic_are_answered_alike(twins: Twins) -> None:
    statuses = set()
    toxic = {"type": "latency", "name": "t", "attributes": {"latency": 5}}
    for body in _bodies({"toxicity": 0.5, "attributes": {"latency": 5, "jitter": 6}}, 4):
        assert twins("POST", "/proxies/p/toxics", toxic) == 200
        statuses.add(twins("PATCH", "/proxies/p/toxics/t", body))
        _fresh(twins)
    assert statuses == {200, 400}


def _fresh(twins: Twins) -> None:
    """A new proxy: a toxic's name may be one that no path can hold."""
    assert twins("DELETE", "/proxies/p") == 204
    assert twins("POST", "/proxies", PROXY) == 201
