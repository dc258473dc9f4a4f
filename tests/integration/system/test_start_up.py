"""Services as people write them: where they find their port and files, and how a start fails."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from seatrial.config import Config
from seatrial.system import Launcher, ProcessDied, Session

SERVER = """
import http.server, json, os, socket, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps([sys.argv, dict(os.environ)]).encode())

class Server(http.server.HTTPServer):
    address_family = socket.AF_INET6 if ":" in os.environ.get("BIND", "") else socket.AF_INET

bind = os.environ.get("BIND", "127.0.0.1")
port = int(sys.argv[1]) if len(sys.argv) > 1 else int(os.environ.get("PORT", 0))
Server((bind, port), Handler).serve_forever()
"""


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def launcher(session: Session, folder: Path, **service: object) -> Launcher:
    """A launcher of one service, whose file is written into its folder."""
    (folder / "server.py").write_text(SERVER)
    plain = {"command": ["python", "server.py"], "health": "/", "start_within_s": 15}
    config = Config.model_validate({"services": {"shop": plain | service}})
    return Launcher(session, config, folder)


def seen(url: str) -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment that a service was started with."""
    argv, env = json.loads(httpx.get(url, trust_env=False).text)
    return argv, env


def test_port_and_host_are_filled_into_the_command_and_the_environment(
    session: Session, tmp_path: Path
) -> None:
    running = launcher(
        session,
        tmp_path,
        command=["python", "server.py", "{port}"],
        env={"SELF": "http://{host}:{port}/v1", "JSON": '{"a": {}}'},
        port_env="UNREAD",
    ).start("shop")
    argv, env = seen(running.url)
    port = running.url.rpartition(":")[2]
    assert argv == ["server.py", port]
    assert (env["SELF"], env["JSON"]) == (f"{running.url}/v1", '{"a": {}}')


def test_programs_and_files_are_found_from_the_services_folder_wherever_one_calls(
    session: Session, tmp_path: Path
) -> None:
    (tmp_path / "shop" / ".venv" / "bin").mkdir(parents=True)
    starting = launcher(session, tmp_path, cwd="shop", command=["run.sh"])
    (tmp_path / "shop" / "server.py").write_text(SERVER)
    for place in (".venv/bin/run.sh", "start.sh"):
        script = tmp_path / "shop" / place
        script.write_text("#!/bin/sh\nexec python3 server.py\n")
        script.chmod(0o755)
    assert Path.cwd() != tmp_path
    assert seen(starting.start("shop").url)[0] == ["server.py"]
    relative = launcher(session, tmp_path, cwd="shop", command=["./start.sh"])
    assert seen(relative.start("shop").url)[0] == ["server.py"]


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        ({"command": ["python", "-c", "exit(3)"]}, r"it ended with status 3 after \d+\.\d s"),
        (
            {"command": ["python", "-c", "import os; os.kill(os.getpid(), 11)"]},
            r"it ended by signal 11 \(SIGSEGV\)",
        ),
        (
            {"command": ["python", "-c", "import os; os.fork() and os._exit(0); os.setsid()"]},
            "it ended with status 0 .* let it stay in the foreground",
        ),
        (
            {"command": ["python", "-c", "import not_installed"]},
            r"not_installed isn't installed for Seatrial's own interpreter.*\.venv/bin/python",
        ),
        ({"env": {"BIND": "::1"}, "start_within_s": 2}, r"at \[::1\]:\d+ only: let it bind 127"),
        (
            {"env": {"PORT": "0"}, "port_env": "UNREAD", "start_within_s": 2},
            r"It listens at 127\.0\.0\.1:\d+ instead: .*the variable UNREAD.*\{port\}",
        ),
        (
            {"command": ["python", "-c", "import time; time.sleep(9)"], "start_within_s": 1},
            r"waited 1 s \(services\.shop\.start_within_s\)\. It doesn't listen at any port yet",
        ),
    ],
    ids=["exit-code", "crash", "daemon", "lacking", "ipv6-only", "other-port", "deaf"],
)
def test_a_start_that_fails_says_what_the_service_did_instead(
    session: Session, tmp_path: Path, service: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ProcessDied, match=sentence):
        launcher(session, tmp_path, **service).start("shop")


def test_one_that_listens_elsewhere_is_said_so_however_often_it_is_started(
    session: Session, tmp_path: Path, free_port: int
) -> None:
    fixed = {"env": {"PORT": str(free_port)}, "port_env": "UNREAD", "start_within_s": 2}
    starting = launcher(session, tmp_path, **fixed)
    for _ in range(2):
        with pytest.raises(ProcessDied, match=rf"It listens at 127\.0\.0\.1:{free_port} instead"):
            starting.start("shop")


def test_children_in_sessions_of_their_own_end_with_their_service(tmp_path: Path) -> None:
    child = "import os, time; os.setsid(); open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    spawning = f"import subprocess; subprocess.Popen(['python3', '-c', {child!r}])\n" + SERVER
    (tmp_path / "spawning.py").write_text(spawning)
    with Session() as session:
        launcher(session, tmp_path, command=["python", "spawning.py", "{port}"]).start("shop")
        until_s = time.monotonic() + 10
        while not (tmp_path / "pid").exists() and time.monotonic() < until_s:
            time.sleep(0.05)
        pid = int((tmp_path / "pid").read_text())
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
