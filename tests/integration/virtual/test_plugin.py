"""The fixture `virtual_edge` in a project of its own, with what runs its async tests."""

import pytest

PROJECT = '''
import asyncio
import json
import time

import httpx

from seatrial.faults import down
from seatrial.resilience import BreakerPolicy, CircuitBreaker, Unavailable
from seatrial.tap import Status


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = json.dumps({"path": scope["path"]}).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Shop:
    """A client that waits for a minute after a failure."""

    def __init__(self, url, clock=time.monotonic):
        self.http = httpx.AsyncClient(base_url=url, trust_env=False)
        self.clock, self.until_s, self.closed = clock, 0.0, False

    async def get(self, path):
        if self.clock() < self.until_s:
            return "open"
        try:
            answer = await self.http.get(path)
            answer.raise_for_status()
        except httpx.HTTPError:
            self.until_s = self.clock() + 60
            return "failed"
        return answer.json()["path"]

    async def aclose(self):
        self.closed = True
        await self.http.aclose()
'''

TESTS = """
import asyncio
import time

import pytest

from seatrial.faults import down
from seatrial.tap import Status
from shop import Shop, app


@MARK
async def test_a_minute(virtual_edge):
    async with virtual_edge(app, client=Shop) as edge:
        async with edge.fault(down()):
            assert await edge.client.get("/a") == "failed"
        assert await edge.client.get("/b") == "open"
        await asyncio.sleep(61)
        assert await edge.client.get("/c") == "/c"
        assert [entry.path for entry in await edge.journal()] == ["/c"]
        assert edge.elapsed_s > 61
        client = edge.client
    assert client.closed


@MARK
async def test_http_faults_and_another_test_before(virtual_edge):
    async with virtual_edge("shop:app", client=Shop) as edge:
        assert edge.elapsed_s < 1
        async with edge.fault(Status(status=503)):
            assert await edge.client.get("/a") == "failed"


@MARK
async def test_a_coroutine_that_serves(virtual_edge):
    async def serve(host, port):
        async def answer(reader, writer):
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(b'HTTP/1.1 200 OK\\r\\ncontent-length: 14\\r\\n\\r\\n{"path": "me"}')

        server = await asyncio.start_server(answer, host, port)
        await server.serve_forever()

    async with virtual_edge(serve, client=Shop) as edge:
        assert await edge.client.get("/a") == "me"


@MARK
async def test_a_consumer_is_served(virtual_edge):
    import httpx

    def consumer(url):
        async def shop(scope, receive, send):
            if scope["type"] != "http":
                return
            async with httpx.AsyncClient(trust_env=False) as client:
                answer = await client.get(url + "/things")
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": answer.content})

        return shop

    async with virtual_edge(app, consumer=consumer) as edge:
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(edge.consumer_url)).json() == {"path": "/things"}
"""

GIVEN = """
import asyncio

import pytest
from hypothesis import given, settings, strategies

from shop import Shop, app

began = []


@MARK
@settings(max_examples=20, deadline=None, derandomize=True)
@given(wait_s=strategies.floats(min_value=1, max_value=100_000))
async def test_each_example_has_a_clock_of_its_own(virtual_edge, wait_s):
    async with virtual_edge(app, client=Shop) as edge:
        began.append(edge.elapsed_s)
        await asyncio.sleep(wait_s)
        assert await edge.client.get("/a") == "/a"
        assert len(set(began)) == 1
"""

BROKEN = """
import random
import threading

from shop import Shop, app


async def test_fails(virtual_edge):
    async with virtual_edge(app) as edge:
        assert random.random() == 2


async def test_starts_a_thread(virtual_edge):
    async with virtual_edge(app) as edge:
        try:
            threading.Thread(target=print).start()
        except Exception:
            pass


def test_is_not_async(virtual_edge):
    pass
"""
INI = "[pytest]\n"


def mark(name: str) -> str:
    return f"@pytest.mark.{name}"


@pytest.mark.parametrize(
    ("ini", "marked", "count"),
    [
        (INI, mark("asyncio"), 4),
        (INI + "asyncio_mode = auto\n", "", 4),
        (INI + "addopts = -p no:asyncio\n", mark("anyio"), 4),
        (INI + "addopts = -p no:asyncio\n", "", 4),
    ],
    ids=["asyncio-strict", "asyncio-auto", "anyio", "nobody"],
)
def test_a_minute_passes_whoever_runs_async_tests(
    pytester: pytest.Pytester, ini: str, marked: str, count: int
) -> None:
    pytester.makeini(ini)
    pytester.makepyfile(shop=PROJECT, test_shop=TESTS.replace("@MARK", marked))
    if "anyio" in marked:
        pytester.makeconftest(
            "import pytest\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'"
        )
    pytester.runpytest_subprocess().assert_outcomes(passed=count)


@pytest.mark.parametrize("marked", [mark("asyncio"), mark("anyio")])
def test_hypothesis_runs_each_example_in_a_fresh_loop(
    pytester: pytest.Pytester, marked: str
) -> None:
    pytester.makepyfile(shop=PROJECT, test_given=GIVEN.replace("@MARK", marked))
    pytester.makeconftest("import pytest\n@pytest.fixture\ndef anyio_backend(): return 'asyncio'")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_what_fails_says_how_to_run_it_again_and_a_thread_is_named(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(shop=PROJECT, test_broken=BROKEN)
    result = pytester.runpytest_subprocess("--seatrial-seed", "7")
    result.assert_outcomes(failed=3)
    text = result.stdout.str()
    assert "rerun: pytest 'test_broken.py::test_fails' --seatrial-seed 7" in text
    assert "test_broken.py:15 in test_starts_a_thread" in text
    assert "virtual_edge is for async tests: write async def" in text
