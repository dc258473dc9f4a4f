"""Services of any kind are started as the configuration names them."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.system import Launcher, ProcessDied, Session

FOREIGN = """
import http.server, json, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.end_headers()
        self.wfile.write(json.dumps(dict(os.environ)).encode())

http.server.HTTPServer(("127.0.0.1", int(os.environ["MY_PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def launcher(session: Session, folder: Path, **service: object) -> Launcher:
    """A launcher of one service that knows nothing of us."""
    plain = {"command": ["python", "-c", FOREIGN], "port_env": "MY_PORT", "health": "/"}
    config = Config.model_validate({"services": {"shop": plain | service}})
    return Launcher(session, config, folder)


def test_a_service_in_no_way_ours_is_given_a_port_and_its_environment(
    session: Session, tmp_path: Path
) -> None:
    shop = launcher(session, tmp_path, env={"FOLDER": "{dir}"}).start("shop", {"PEER": "there"})
    env = json.loads(httpx.get(shop.url, trust_env=False).text)
    assert (env["FOLDER"], env["PEER"]) == (str(session.dir), "there")
    assert shop.url.endswith(env["MY_PORT"])


def test_a_service_without_a_health_route_serves_once_it_takes_connections(
    session: Session, tmp_path: Path
) -> None:
    late = "import time; time.sleep(0.3)\n" + FOREIGN
    asked = launcher(session, tmp_path, command=["python", "-c", late], health="")
    assert httpx.get(asked.start("shop").url, trust_env=False).status_code == 200
    deaf = launcher(
        session,
        tmp_path,
        command=["python", "-c", "import time; time.sleep(60)"],
        health="",
        start_within_s=0.5,
    )
    with pytest.raises(ProcessDied, match=r"shop does not listen at .*; waited 0\.5 s"):
        deaf.start("shop")


def test_a_service_that_stays_unhealthy_is_told_with_its_answer(
    session: Session, tmp_path: Path
) -> None:
    with pytest.raises(ProcessDied, match=r"shop is not healthy at .*503.*services\.shop\.health"):
        launcher(session, tmp_path, env={"STATUS": "503"}, start_within_s=0.7).start("shop")


def test_a_service_that_dies_shows_its_last_words(session: Session, tmp_path: Path) -> None:
    with pytest.raises(ProcessDied, match=r"no disk"):
        launcher(session, tmp_path, command=["python", "-c", "exit('no disk')"]).start("shop")


def test_a_running_service_is_used_where_it_is(
    session: Session, tmp_path: Path, free_port: int
) -> None:
    url = f"http://127.0.0.1:{free_port}"
    config = Config.model_validate({"services": {"shop": {"url": url}}})
    with pytest.raises(UsageError, match=f"shop is not healthy at {url}/health/live"):
        Launcher(session, config, tmp_path).start("shop")


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        (
            {"env": {"A": "{home}"}},
            r"services\.shop\.env\.A: \{home\} can't be filled in; there is: \{dir\}, \{host\}",
        ),
        ({"cwd": "nowhere"}, r"services\.shop\.cwd: there is no folder"),
        ({"command": ["no-such-program"]}, "there is no program 'no-such-program'"),
    ],
)
def test_what_cannot_be_started_is_named(
    session: Session, tmp_path: Path, service: dict[str, object], sentence: str
) -> None:
    with pytest.raises(UsageError, match=sentence):
        launcher(session, tmp_path, **service).start("shop")


def test_a_service_has_a_database_of_its_own_and_finds_it_again(
    session: Session, tmp_path: Path
) -> None:
    starting = launcher(session, tmp_path, env={"DATABASE_URL": "{postgres}"})

    def url() -> str:
        running = starting.start("shop")
        said: dict[str, str] = httpx.get(running.url, trust_env=False).json()
        running.stop()
        return said["DATABASE_URL"]

    first = url()
    assert first.startswith("postgresql://postgres:")
    assert first.endswith("/shop")
    assert url() == first


class Stranger(BaseHTTPRequestHandler):
    """Whoever was quicker to take a port."""

    def do_GET(self) -> None:
        """Have none of it."""
        self.send_error(404 if self.path == "/" else 200)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("health", ["/", "/healthy", ""])
def test_a_port_that_somebody_else_took_meanwhile_is_left_to_them(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, health: str
) -> None:
    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        ports = iter([stranger.server_port, stranger.server_port, session.free_port()])
        monkeypatch.setattr(session, "free_port", lambda: next(ports))
        shop = launcher(session, tmp_path, health=health).start("shop")
        assert not shop.url.endswith(str(stranger.server_port))
        assert httpx.get(shop.url, trust_env=False).status_code == 200
        monkeypatch.setattr(session, "free_port", lambda: stranger.server_port)
        with pytest.raises(ProcessDied, match="in use"):
            launcher(session, tmp_path, health=health).start("shop")
        stranger.shutdown()
