"""The tap as a process: its two planes, its client, its beginning and its end."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from seatrial.errors import InvalidRun, UsageError
from seatrial.system import Session
from seatrial.tap import (
    Forward,
    HalfBody,
    Hold,
    Match,
    Rule,
    RunningTap,
    Status,
    TapClient,
    When,
    start_tap,
)
from tests.integration.tap.rig import answer_ok, provider_at


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


@asynccontextmanager
async def running(session: Session) -> AsyncIterator[tuple[RunningTap, TapClient]]:
    """A tap process before a provider on this loop, and its client."""
    async with provider_at(answer_ok) as (_, port):
        tap = await asyncio.to_thread(
            start_tap, session, f"http://127.0.0.1:{port}", journal_headers=["x-user"]
        )
        async with TapClient(tap.control_url) as client:
            yield tap, client
        await asyncio.to_thread(tap.process.stop)


async def test_answer_that_was_read_is_already_in_the_journal(session: Session) -> None:
    async with running(session) as (tap, client), httpx.AsyncClient() as consumer:
        since = 0
        for number in range(100):
            await consumer.get(f"{tap.url}/{number}", headers={"x-user": "u", "x-trace-id": "t"})
            page = await client.page(since)
            (entry,) = page.entries
            assert (entry.path, entry.status, entry.pending) == (f"/{number}", 200, False)
            assert (entry.headers, entry.trace_id) == ({"x-user": "u"}, "t")
            since = page.next
        assert len(await client.journal()) == 100
        await client.clear_journal()
        assert await client.journal() == ()


async def test_plan_and_barrier_over_the_control_port(session: Session) -> None:
    async with running(session) as (tap, client), httpx.AsyncClient() as consumer:
        url = f"{tap.url}/users/1"
        rule = Rule(match=Match(path="/users/.*"), when=When(first=1), do=Status(status=429))
        await client.plan(rule)
        assert [(await consumer.get(url)).status_code for _ in range(2)] == [429, 200]
        (state,) = (await client.plan_state()).rules
        assert (state.rule, state.matched, state.applied) == (rule, 2, 1)
        await client.clear()
        assert (await client.plan_state()).rules == ()

        await client.plan(Rule(do=Hold()), Rule(do=Status(status=429)))
        waits = asyncio.create_task(consumer.get(url))
        while (await client.plan_state()).rules[0].applied < 1:
            pass
        await client.plan(Rule(do=Status(status=429)))
        assert (await waits).status_code == 200
        await client.clear()

        await client.set_barrier(Match(path="/users/.*"), until=3)
        two = [asyncio.create_task(consumer.get(url)) for _ in range(2)]
        assert await client.waiting(at_least=2) == 2
        assert (await consumer.get(url)).status_code == 200
        await asyncio.gather(*two)
        assert (await client.barrier()).ended == "reached"

        await client.set_barrier()
        held = asyncio.create_task(consumer.get(url))
        await client.waiting(at_least=1)
        with pytest.raises(InvalidRun, match="1 requests under way"):
            await client.settled(timeout_s=0.05)
        await client.plan(Rule(do=Forward()))
        await client.clear()
        await held
        entries = (await client.settled()).entries
        assert [entry.held_s is not None for entry in entries] == [False] * 3 + [True] * 4
        assert (await client.plan_state()).rules == ()


async def test_settled_journal_says_how_many_were_dropped(session: Session) -> None:
    process = session.start(
        "tap",
        ["python", "-m", "seatrial.tap", "--upstream", "http://127.0.0.1:1", "--journal", "3"],
    )
    said = process.wait_listening()
    async with TapClient(str(said["controlUrl"])) as client, httpx.AsyncClient() as consumer:
        for number in range(5):
            await consumer.get(f"{said['url']}/{number}")
        page = await client.settled()
        assert ([entry.path for entry in page.entries], page.dropped) == (["/2", "/3", "/4"], 2)
        assert page.entries[0].error == "no connection to http://127.0.0.1:1: connection refused"
        await client.clear_journal()
        assert (await client.settled()).dropped == 0


async def test_client_says_what_the_tap_refuses_and_when_it_is_gone(session: Session) -> None:
    async with running(session) as (tap, client):
        rules = [Rule(do=HalfBody())] * 1001
        with pytest.raises(UsageError, match=r"PUT /plan: rules: .*1000"):
            await client.plan(*rules)
        await asyncio.to_thread(tap.process.kill)
        with pytest.raises(InvalidRun, match="doesn't answer GET /journal"):
            await client.journal()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/journal", {"host": "evil.example:{port}"}, 403),
        ("GET", "/journal", {"host": "127.0.0.1.evil.example"}, 403),
        ("GET", "/journal", {"origin": "http://127.0.0.1:{port}"}, 403),
        ("GET", "/journal", {"sec-fetch-site": "cross-site"}, 403),
        ("DELETE", "/plan", {"origin": "null"}, 403),
        ("POST", "/release", {"content-type": "text/plain"}, 415),
        ("POST", "/release", {}, 415),
        ("PUT", "/plan", {"content-type": "application/x-www-form-urlencoded"}, 415),
        ("GET", "/journal", {"host": "localhost:{port}"}, 200),
        ("GET", "/openapi.json", {}, 200),
        ("GET", "/health/live", {}, 200),
        ("GET", "/docs", {}, 200),
    ],
)
async def test_control_port_is_for_programs_on_this_machine(
    control: str, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    port = control.rpartition(":")[2]
    shown = {name: value.replace("{port}", port) for name, value in headers.items()}
    async with httpx.AsyncClient() as http:
        answer = await http.request(method, control + path, headers=shown)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "place"),
    [
        ("PUT", "/plan", b"{", 422, "body"),
        ("PUT", "/plan", b"[" * 100_000, 400, "body"),
        ("PUT", "/plan", b'{"rules": [{"do": {"kind": "status", "status": NaN}}]}', 422, "status"),
        ("PUT", "/plan", b'{"rules": [{"do": {"kind": "status", "\\ud800": 1}}]}', 422, "do"),
        ("PUT", "/plan", b'{"rules": [{"do": {"kind": "\\ud800"}}]}', 422, "do"),
        (
            "PUT",
            "/plan",
            b'{"rules": [{"do": {"kind": "drip", "stepBytes": 0}}]}',
            422,
            "stepBytes",
        ),
        ("PUT", "/plan", b'\xff\xfe{"rules": []}', 400, "body"),
        ("POST", "/barrier", b'{"timeoutS": 1e999}', 422, "timeoutS"),
        ("POST", "/barrier", b'{"until": 0}', 422, "until"),
        ("POST", "/barrier", b"[]", 422, "body"),
        ("GET", "/journal?since=-1", b"", 422, "since"),
        ("GET", "/journal?since=" + "9" * 5000, b"", 422, "since"),
        ("GET", "/barrier?waiting=x", b"", 422, "waiting"),
        ("GET", "/barrier?timeoutS=nan", b"", 422, "timeoutS"),
        ("GET", "/nowhere", b"", 404, ""),
        ("PATCH", "/plan", b"{}", 405, ""),
    ],
)
async def test_malformed_control_request_is_refused_by_its_place(
    control: str, method: str, path: str, body: bytes, status: int, place: str
) -> None:
    async with httpx.AsyncClient() as http:
        headers = {"content-type": "application/json"}
        answer = await http.request(method, control + path, content=body, headers=headers)
        assert (answer.status_code, place in json.dumps(answer.json())) == (status, True), (
            answer.text
        )
        assert (await http.get(control + "/health/live")).status_code == 200


async def test_control_body_that_is_announced_too_long_is_refused_unread(control: str) -> None:
    host, _, port = control.rpartition("/")[2].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = b"host: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999999\r\n"
    writer.write(b"PUT /plan HTTP/1.1\r\n" + head + b"\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


async def test_endless_control_body_is_not_kept(control: str) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield bytes(2**16)

    async with httpx.AsyncClient() as http:
        headers = {"content-type": "application/json"}
        answer = await http.put(control + "/plan", content=endless(), headers=headers)
        assert 400 <= answer.status_code < 500


@pytest.fixture(scope="module")
def control() -> Iterator[str]:
    with Session() as session:
        yield start_tap(session, "http://127.0.0.1:9").control_url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_it_with_0_also_with_connections_open(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "seatrial.tap", "--upstream", "http://127.0.0.1:9"]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    try:
        data = json.loads(await process.stdout.readline())["data"]
        async with TapClient(data["controlUrl"]) as client:
            await client.set_barrier()
            with socket.create_connection(("127.0.0.1", int(data["url"].rpartition(":")[2]))) as s:
                s.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n")
                assert await client.waiting(at_least=1) == 1
                process.send_signal(number)
                assert await asyncio.wait_for(process.communicate(), 10) == (b"", b"")
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--upstream"),
        (["--upstream", "nonsense"], "http://HOST:PORT"),
        (["--upstream", "http://a", "--port", "65536"], "0 to 65535"),
        (["--upstream", "http://a", "--journal", "0"], "from 1"),
        (["--upstream", "http://127.0.0.1:9", "--host", "192.0.2.1"], "can't listen on 192.0.2.1"),
    ],
)
def test_wrong_command_line_gets_a_sentence_with_exit_2(arguments: list[str], said: str) -> None:
    command = [sys.executable, "-m", "seatrial.tap", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
