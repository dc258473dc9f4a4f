"""Which engine is used, and what it leaves behind."""

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.faults import Engine, open_engine
from seatrial.faults.orphans import Run, place
from seatrial.faults.select import find_server, start_server
from seatrial.system import Session

from .wire import Upstream, Wire


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that ends with the test."""
    with Session() as session:
        yield session


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without any Toxiproxy: an empty folder to work in, an empty PATH."""
    for name in ("TOXIPROXY_URL", "TOXIPROXY_SERVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("seatrial.faults.select.CHECKOUT", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_without_any_server_the_embedded_engine_serves(session: Session, bare: Path) -> None:
    with open_engine(session, "auto", seed=9) as engine:
        assert engine.name.startswith("embedded ")
        assert engine.api.get("/seed") == {"seed": 9}
        engine.reseed(10)
        assert engine.api.get("/seed") == {"seed": 10}


def test_real_engine_asked_for_and_not_there_is_an_error_with_the_fix(
    session: Session, bare: Path
) -> None:
    with (
        pytest.raises(UsageError, match=r"`make toxiproxy` in the checkout.* TOXIPROXY_SERVER"),
        open_engine(session, "toxiproxy"),
    ):
        pass


def test_unknown_engine_is_refused(session: Session) -> None:
    with (
        pytest.raises(UsageError, match="auto, toxiproxy, embedded"),
        open_engine(session, "chaos"),
    ):
        pass


@pytest.mark.parametrize("preference", ["auto", "toxiproxy"])
def test_url_where_nobody_listens_is_an_error_with_the_fix(
    session: Session, monkeypatch: pytest.MonkeyPatch, free_port: int, preference: str
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", f"http://127.0.0.1:{free_port}")
    with (
        pytest.raises(UsageError, match=r"^TOXIPROXY_URL: nobody answers .*; start .* or unset it"),
        open_engine(session, preference),
    ):
        pass


def test_malformed_url_is_an_error_that_names_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", "localhost:8474")
    with (
        pytest.raises(UsageError, match=r"^TOXIPROXY_URL: .*'localhost:8474'"),
        open_engine(session),
    ):
        pass


def test_embedded_engine_asked_for_ignores_the_url(
    session: Session, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", f"http://127.0.0.1:{free_port}")
    with open_engine(session, "embedded") as engine:
        assert engine.name.startswith("embedded ")


def test_server_is_found_by_name_then_on_the_path_then_where_it_was_built(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_server() is None
    built = _program(bare / ".cache/toxiproxy/server", "")
    assert find_server() == built
    on_path = _program(bare / "toxiproxy-server", "")
    assert find_server() == on_path
    named = _program(bare / "mine", "")
    monkeypatch.setenv("TOXIPROXY_SERVER", str(named))
    assert find_server() == named
    monkeypatch.setenv("TOXIPROXY_SERVER", str(bare / "gone"))
    with pytest.raises(UsageError, match=r"TOXIPROXY_SERVER: .*gone"):
        find_server()


@pytest.mark.parametrize("checkout", [".", "checkout"], ids=["above", "elsewhere"])
def test_built_server_is_found_from_any_working_directory(
    bare: Path, monkeypatch: pytest.MonkeyPatch, checkout: str
) -> None:
    built = _program(bare / checkout / ".cache/toxiproxy/server", "")
    monkeypatch.setattr("seatrial.faults.select.CHECKOUT", bare / "checkout")
    folder = bare / "docs" / "examples"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert find_server() == built


def test_server_that_dies_is_reported_with_its_last_words(session: Session, bare: Path) -> None:
    program = _program(bare / "toxiproxy-server", "#!/bin/sh\necho no luck today\nexit 3\n")
    with pytest.raises(UsageError, match="no luck today"):
        start_server(session, program)


def test_taken_port_is_left_for_another(
    session: Session, real: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another Toxiproxy answers at the first port, and must not be taken for ours."""
    program = find_server()
    assert program is not None
    ports = iter([int(real.url.rpartition(":")[2]), session.free_port()])
    monkeypatch.setattr(session, "free_port", lambda: next(ports))
    started = start_server(session, program)
    assert started.url != real.url
    assert real.api.proxies() == {}
    started.close()


def test_running_server_keeps_what_isnt_ours_and_loses_what_is(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", engine.url)
    foreign = engine.api.create("somebody's", "127.0.0.1:1")
    with open_engine(session, "auto") as used:
        assert used.name.startswith("toxiproxy ")
        ours = used.proxy("edge", "127.0.0.1:1")
        assert set(engine.api.proxies()) == {foreign.name, ours.name}
        assert used.connections(ours) is None
    assert set(engine.api.proxies()) == {foreign.name}
    foreign.delete()


def test_ours_are_deleted_also_when_a_test_fails(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", engine.url)

    def failing() -> None:
        with open_engine(session, "auto") as used:
            used.proxy("edge", "127.0.0.1:1").delete()
            used.proxy("other", "127.0.0.1:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert engine.api.proxies() == {}


def _ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-S", "-c", ""])
    process.wait()
    return process.pid


def test_next_start_cleans_what_a_crash_left_and_nothing_else(
    engine: Engine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOXIPROXY_URL", engine.url)
    now = int(time.time())
    left = [
        Run(place(), _ended_pid(), now - 60),
        Run(place(), os.getpid(), now - 7 * 24 * 3600),  # the id was used again since
        Run("00000000", 1, now - 7 * 24 * 3600),  # elsewhere, a week ago
    ]
    kept = [
        Run(place(), os.getpid(), now),
        Run("00000000", _ended_pid(), now - 60),  # elsewhere that process may still run
    ]
    names = {run: f"{run.prefix}edge" for run in (*left, *kept)}
    for name in (*names.values(), "seatrial-of-somebody", "shop"):
        engine.api.create(name, "127.0.0.1:1", enabled=False)
    with open_engine(session, "auto"):
        there = set(engine.api.proxies())
    assert there == {names[run] for run in kept} | {"seatrial-of-somebody", "shop"}
    for proxy in engine.api.proxies().values():
        proxy.delete()


def test_connections_are_counted_on_both_engines(wire: Wire, engine: Engine) -> None:
    proxy = engine.api.proxies()[wire.name]
    for _ in range(3):
        wire.connect()
    gone = Upstream()
    gone.close()
    proxy.update(upstream=gone.address)
    wire.client().rest()
    expected = [True, True, True, False]
    until_s = time.monotonic() + 10
    found = engine.connections(proxy) or ()
    while [one.connected for one in found] != expected and time.monotonic() < until_s:
        time.sleep(0.01)
        found = engine.connections(proxy) or ()
    assert [one.connected for one in found] == expected
    assert all(one.client.startswith("127.0.0.1:") for one in found)


def test_stopped_engine_leaves_no_process(session: Session, bare: Path) -> None:
    with open_engine(session, "embedded") as engine:
        process = engine.process
        assert process is not None
        assert process.running
    assert not process.running
