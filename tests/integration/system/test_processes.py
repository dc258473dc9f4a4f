"""Every process ends with its starter, however the starter ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from seatrial.errors import UsageError
from seatrial.system import ProcessDied, Session, start_valkey

SAY = "import json, sys, time; print(json.dumps({'event': 'listening', 'data': {'url': 'u'}}));"
STARTER = f"""
import os, signal, sys, time
from seatrial.system import Session
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
with Session() as session:
    child = session.start("child", ["python", "-c", {SAY + "time.sleep(600)"!r}])
    child.wait_listening()
    print(child.pid, session.dir, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def gone(pid: int) -> bool:
    """Return True if a process has ended; a zombie has."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except ProcessLookupError:
        return True
    except FileNotFoundError:
        return Path("/proc/self/stat").exists()  # without /proc it lives as long as it has an id


def eventually_gone(pid: int, folder: Path) -> bool:
    """Wait for what a watcher does on its own; usually milliseconds, bounded at 20 s."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if gone(pid) and not folder.exists():
            return True
        time.sleep(0.01)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_children_and_folder_go_when_the_starter_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().decode().split()
        assert Path(folder).is_dir()
        starter.send_signal(number)
        starter.wait()
    assert eventually_gone(int(pid), Path(folder))


def test_closing_ends_grandchildren_too(session: Session) -> None:
    code = (
        "import subprocess, sys, time;"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    )
    code += "import json; print(json.dumps({'event': 'listening', 'data': {'pid': p.pid}}));"
    data = session.start("parent", ["python", "-c", code + "time.sleep(600)"]).wait_listening()
    session._processes[0].kill()
    until = time.monotonic() + 20
    while not gone(data["pid"]) and time.monotonic() < until:
        time.sleep(0.01)
    assert gone(data["pid"])


def test_a_process_that_dies_at_the_start_shows_its_last_words(session: Session) -> None:
    child = session.start("child", ["python", "-c", "raise SystemExit('no database here')"])
    with pytest.raises(ProcessDied, match=r"child ended with status 1 .*\n(.*\n)*no database here"):
        child.wait_listening()


def test_a_full_disk_is_named_where_a_process_could_not_even_say_so(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(ProcessDied, match=r"is full; free some of it, or name another .* TMPDIR"):
        session.start("mute", ["python", "-c", "exit(1)"]).wait_listening()


def test_a_temporary_folder_that_cannot_be_made_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> str:
        raise PermissionError(13, "Permission denied", "/tmp")  # noqa: S108 - only named

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(UsageError, match=r"Permission denied.*TMPDIR"):
        Session()


def test_a_silent_process_is_not_waited_for_for_ever(session: Session) -> None:
    child = session.start("child", ["python", "-c", "import time; time.sleep(600)"])
    with pytest.raises(ProcessDied, match="did not say that it listens within"):
        child.wait_listening(timeout_s=0.05)


def test_an_unknown_program_is_named(session: Session) -> None:
    with pytest.raises(UsageError, match="there is no program 'no-such-program'"):
        session.start("child", ["no-such-program"])


def test_a_process_that_ignores_sigterm_is_killed_after_its_grace(session: Session) -> None:
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SAY + "time.sleep(600)"
    child = session.start("stubborn", ["python", "-c", code])
    child.wait_listening()
    pid = child.pid
    child.stop(grace_s=0.1)
    assert not child.running
    assert gone(pid)


def test_a_paused_process_can_still_be_stopped(session: Session) -> None:
    child = session.start("child", ["python", "-c", SAY + "time.sleep(600)"])
    child.wait_listening()
    child.pause()
    child.stop()
    assert child.returncode == 128 + signal.SIGTERM


def test_valkey_serves_on_loopback_with_a_password(session: Session) -> None:
    import redis

    valkey = start_valkey(session)
    with redis.Redis.from_url(valkey.url) as client:
        assert client.ping()
    with (
        redis.Redis(port=valkey.port) as stranger,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        stranger.ping()


def test_valkey_restarts_where_it_was(session: Session) -> None:
    import redis

    valkey = start_valkey(session)
    valkey.process.kill()
    password = valkey.url.split(":")[2].split("@")[0]
    again = start_valkey(session, port=valkey.port, password=password)
    assert again.url == valkey.url
    with redis.Redis.from_url(valkey.url) as client:
        assert client.ping()


def test_valkey_on_a_taken_port_says_so(session: Session) -> None:
    valkey = start_valkey(session)
    with pytest.raises(UsageError, match="Address already in use"):
        start_valkey(session, port=valkey.port)


def test_a_process_ends_however_often_it_is_asked_to() -> None:
    with Session(grace_s=1.0) as session:
        for number in range(10):
            process = session.start(f"sleeper-{number}", ["sleep", "60"])
            assert process.pid
            supervisor = process._popen.pid
            with contextlib.suppress(ProcessLookupError):
                for _ in range(300):
                    os.kill(supervisor, signal.SIGTERM)
            assert process.wait(20) is not None
