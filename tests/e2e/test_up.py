"""`seatrial up`: the whole system, reachable where its file says, and gone when it is stopped."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from .command import ROOT, SEATRIAL, environment


def start(file: Path, *words: str) -> subprocess.Popen[str]:
    """Start it with a mark in its environment, by which all that it starts is known."""
    return subprocess.Popen(
        [SEATRIAL, "up", "--json", str(file), *words],
        cwd=ROOT,
        env=environment(SEATRIAL_TEST_MARK=str(file)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # As a shell without job control starts what it puts into the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )


def written(file: Path, process: subprocess.Popen[str], within_s: float = 60.0) -> Any:
    """Return what the file says, once it is there."""
    until_s = time.monotonic() + within_s
    while not file.exists():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until_s, "no file in time"
        time.sleep(0.01)
    return json.loads(file.read_text())  # it is written as a whole


def alive(file: Path) -> list[str]:
    """The commands of the processes that have the mark."""
    mark = f"SEATRIAL_TEST_MARK={file}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def wait_gone(file: Path, within_s: float = 30.0) -> None:
    until_s = time.monotonic() + within_s
    while left := alive(file):
        assert time.monotonic() < until_s, f"still there: {left}"
        time.sleep(0.02)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "up.json"


def test_all_of_it_is_reachable_where_the_file_says_and_ctrl_c_ends_it(file: Path) -> None:
    process = start(file, "--gateway", "--chaos", "--states")
    try:
        found = written(file, process)
        assert set(found) == {"services", "gateway", "redis", "toxiproxy"}
        with httpx.Client(trust_env=False, timeout=20) as client:
            for name, urls in found["services"].items():
                health = client.get(f"{urls['url']}/health").json()
                assert health["status"] == "healthy", (name, health)
            assert found["services"]["user-service"]["statesUrl"].startswith("http://127.0.0.1:")
            through = f"{found['gateway']['url']}/api/users"
            body = {"email": "a@up", "role": "va"}
            made = client.post(through, json=body, headers={"host": "api.blytz.work"})
            assert made.status_code == 201
            proxies = client.get(f"{found['toxiproxy']['url']}/proxies").json()
            assert any("card" in name for name in proxies)
            market = found["services"]["marketplace-service"]["url"]
            card = client.get(f"{market}/users/{made.json()['id']}/card")
            assert card.json()["source"] == "origin"
    finally:
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[0]
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in said
    assert "interrupted; everything that was started is stopped" in said
    assert "started by states_command" in said
    wait_gone(file)


def pid_of(file: Path, module: str) -> int:
    """The process of a service, under its supervisor."""
    mark = f"SEATRIAL_TEST_MARK={file}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if mark in (folder / "environ").read_bytes() and words[1:3] == [b"-m", module.encode()]:
                return int(folder.name)
        except OSError:
            continue
    raise AssertionError(f"{module} doesn't run")


@pytest.mark.parametrize("restart", [False, True])
def test_what_ends_is_reported_and_started_again_where_it_was_if_asked(
    file: Path, restart: bool
) -> None:
    process = start(file, *(["--restart"] if restart else []))
    try:
        found = written(file, process)
        os.kill(pid_of(file, "stubs.user"), signal.SIGKILL)
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert any("user-service has ended by signal 9. It said last:" in line for line in lines)
        if restart:
            assert any("user-service is started again: http" in line for line in lines)
            url = f"{found['services']['user-service']['url']}/health"
            assert httpx.get(url, trust_env=False).json()["status"] == "healthy"
        else:
            assert any("--restart" in line for line in lines)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    wait_gone(file)


def test_without_options_nothing_else_runs_and_kill_9_leaves_nothing(file: Path) -> None:
    process = start(file, "--gateway")
    try:
        found = written(file, process)
        assert set(found) == {"services", "gateway", "redis"}
        assert not any("statesUrl" in urls for urls in found["services"].values())
        folders = {part for word in alive(file) for part in word.split() if "/seatrial-" in part}
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    wait_gone(file)
    until_s = time.monotonic() + 30
    while left := [each for each in folders if Path(each).exists()]:
        assert time.monotonic() < until_s, f"still there: {left}"
        time.sleep(0.02)


def test_ctrl_c_while_it_starts_leaves_nothing_nor_an_earlier_runs_file(file: Path) -> None:
    file.write_text("an earlier run's")
    process = start(file, "--gateway")
    until_s = time.monotonic() + 60
    while not any("stubs.user" in command for command in alive(file)):
        assert time.monotonic() < until_s
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 128 + signal.SIGINT
    assert "Traceback" not in said
    assert not file.exists()
    wait_gone(file)
