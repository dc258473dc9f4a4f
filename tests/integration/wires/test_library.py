"""A team's own chaos tests: the README's example as it stands, and the same without pytest."""

import asyncio
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from seatrial.errors import UsageError
from seatrial.faults import black_hole, down, reset
from seatrial.tap import Status
from seatrial.wires import Wires, open_wires

README = Path(__file__).parents[3] / "README.md"


class Provider(BaseHTTPRequestHandler):
    """Answers every GET."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Where a provider runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with open_wires("embedded") as opened:
        yield opened


def _example(provider: str) -> str:
    """The README's example, with the address of a provider that is there."""
    section = README.read_text(encoding="utf-8").partition("## Chaos tests of your own")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    changed = code[1].replace("http://127.0.0.1:3001", provider)
    assert changed != code[1]
    return changed


def _run(pytester: pytest.Pytester, **files: str) -> pytest.RunResult:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function")
    pytester.makepyfile(**files)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", "-q")


def test_a_plugins_action_works_in_a_projects_own_tests(
    pytester: pytest.Pytester, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)
    pytester.makepyfile(our_faults=_PLUGIN)
    (pytester.path / "seatrial.toml").write_text(
        f'plugins = ["our_faults"]\n[services.shop]\nurl = "{provider}"\nhealth = "/"\n'
    )
    _run(pytester, test_mine=_PLUGIN_TEST.replace("PROVIDER", provider)).assert_outcomes(passed=1)


_PLUGIN = """
from typing import Literal
from seatrial.tap import Action, Exchange

class Teapot(Action):
    kind: Literal["teapot"] = "teapot"

    async def act(self, exchange: Exchange) -> None:
        await exchange.answer(418, {}, b"")
"""
_PLUGIN_TEST = """
import httpx

async def test_teapot(chaos_edge) -> None:
    async with chaos_edge("PROVIDER") as edge, httpx.AsyncClient() as client:
        from our_faults import Teapot
        async with edge.fault(Teapot()):
            assert (await client.get(edge.url)).status_code == 418
"""


def test_the_readmes_example_runs_as_it_stands_and_can_fail(
    pytester: pytest.Pytester, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOXIPROXY_URL", raising=False)
    code = _example(provider)
    answer = _run(pytester, test_mine=code, test_broken=code.replace("attempts=3", "attempts=2"))
    answer.assert_outcomes(passed=1, failed=1)
    assert "assert 503 == 200" in answer.stdout.str()


def test_engine_that_isnt_here_gets_one_sentence(
    pytester: pytest.Pytester, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", "http://127.0.0.1:1")
    answer = _run(pytester, test_mine=_example(provider))
    answer.assert_outcomes(errors=1)
    text = answer.stdout.str()
    assert "TOXIPROXY_URL: nobody answers" in text
    assert "Traceback" not in text


async def test_wires_are_apart_and_leave_nothing(wires: Wires, provider: str) -> None:
    async with wires.edge(provider) as one, wires.edge(provider) as other:
        async with (
            one.fault(down()),
            other.fault(Status(status=418)),
            httpx.AsyncClient(trust_env=False) as client,
        ):
            with pytest.raises(httpx.ConnectError):
                await client.get(one.url)
            assert (await client.get(other.url)).status_code == 418
        assert len(await one.journal()) == 0
        assert len(await other.journal()) == 1
    assert await asyncio.to_thread(wires.engine.api.proxies) == {}
    async with wires.edge(provider) as again:
        assert await again.journal() == ()


async def test_faults_and_proxies_end_with_a_test_that_fails(wires: Wires, provider: str) -> None:
    with pytest.raises(ZeroDivisionError):
        async with wires.edge(provider) as edge, edge.fault(black_hole()):
            raise ZeroDivisionError
    assert await asyncio.to_thread(wires.engine.api.proxies) == {}


async def test_a_seed_repeats_who_is_hit(wires: Wires, provider: str) -> None:
    async def hit() -> list[bool]:
        found = []
        async with wires.edge(provider, seed=7) as edge, edge.fault(reset(share=0.5)):
            for _ in range(12):
                async with httpx.AsyncClient(trust_env=False) as client:
                    try:
                        await client.get(edge.url)
                    except httpx.ReadError:
                        found.append(True)
                    else:
                        found.append(False)
        return found

    first = await hit()
    assert {True, False} == set(first)
    assert await hit() == first


@pytest.mark.parametrize("url", ["127.0.0.1:1", "https://127.0.0.1:1", ""])
async def test_address_of_another_form_is_refused(wires: Wires, url: str) -> None:
    with pytest.raises(UsageError, match="is like http"):
        async with wires.edge(url):
            pass
