"""The embedded engine as a process, and what it bears."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.faults.engines import Engine
from seatrial.faults.select import start_embedded
from seatrial.system import Session

from .wire import Api, wired

COMMAND = [sys.executable, "-m", "seatrial.faults.engine"]
MEGABYTE = 1024 * 1024


@pytest.fixture
def own() -> Iterator[Engine]:
    """An engine of one's own."""
    with Session() as session:
        yield start_embedded(session)


def _rss_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system doesn't say how much memory a process has")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def test_engine_says_where_it_listens() -> None:
    with subprocess.Popen([*COMMAND, "--seed", "5"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert (said["event"], said["data"]["seed"]) == ("listening", 5)
        version = Api(said["data"]["url"])("GET", "/version").json["engineVersion"]
        assert version == said["data"]["version"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stdout.read() == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_engine_ends_its_connections(number: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        api = Api(json.loads(process.stdout.readline())["data"]["url"])
        upstream = socket.create_server(("127.0.0.1", 0))
        body = {"name": "a", "upstream": f"127.0.0.1:{upstream.getsockname()[1]}"}
        port = api("POST", "/proxies", body | {"listen": "127.0.0.1:0"}).json["listen"][10:]
        with upstream, socket.create_connection(("127.0.0.1", int(port))) as client:
            upstream.accept()[0].close()
            process.send_signal(number)
            client.settimeout(10)
            assert client.recv(1) == b""
        assert process.wait(10) == 0


def _usage_error(*arguments: str) -> str:
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", ""])
def test_public_address_is_refused(host: str) -> None:
    assert "--host must be a loopback address" in _usage_error("--host", host)


@pytest.mark.parametrize("port", ["-1", "65536", "x"])
def test_impossible_port_is_refused(port: str) -> None:
    assert "port" in _usage_error("--port", port)


def test_taken_port_ends_it_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = _usage_error("--port", str(taken.getsockname()[1]))
    assert "address already in use" in said
    assert "choose another --port" in said


def test_peers_that_never_read_cost_bounded_memory(own: Engine) -> None:
    api, pid = Api(own.url), _pid(own)
    with wired(api, "flood") as wire:
        before = _rss_bytes(pid)
        for _ in range(20):
            _, server = wire.connect()
            server.sock.settimeout(0.1)
            with pytest.raises(TimeoutError):
                server.sock.sendall(b"x" * 64 * MEGABYTE)
        assert _rss_bytes(pid) - before < 60 * MEGABYTE
        assert api("GET", "/version").status == 200


def test_delayed_floods_share_a_budget(own: Engine) -> None:
    api, pid = Api(own.url), _pid(own)
    with wired(api, "flood") as wire:
        wire.toxic("latency", latency=600_000)
        before = _rss_bytes(pid)
        for _ in range(12):
            _, server = wire.connect()
            server.sock.settimeout(0.5)
            with pytest.raises(TimeoutError):
                server.sock.sendall(b"x" * 100 * MEGABYTE)
        held = _rss_bytes(pid) - before
        assert held < 400 * MEGABYTE
        wire.remove("latency_downstream")
        assert api("GET", "/version").status == 200


def test_hundreds_of_connections_at_once_are_carried(own: Engine) -> None:
    api = Api(own.url)
    with wired(api, "many") as wire:
        wire.toxic("latency", latency=1)
        pairs = [wire.connect() for _ in range(400)]
        for number, (client, _) in enumerate(pairs):
            client.send(number.to_bytes(2))
        for number, (client, server) in enumerate(pairs):
            server.send(server.read(2))
            assert client.read(2) == number.to_bytes(2)
        assert len(api("GET", f"{wire.path}/connections").json["connections"]) == 400


def _pid(engine: Engine) -> int:
    assert engine.process is not None
    return engine.process.pid
