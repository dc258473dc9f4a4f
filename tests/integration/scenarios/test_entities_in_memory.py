"""A provider behind a token that keeps its entities in memory: a kill takes them with it."""

from pathlib import Path

import pytest

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import run_chaos, usable_scenarios
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

PROVIDER = """
import http.server, json, os

made = set()

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_GET(self):
        self.answer(200 if self.path == "/" or self.path[8:] in made else 404, {})

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        if self.headers["authorization"] != "Bearer swordfish-9":
            return self.answer(401, {})
        made.add(f"{os.getpid()}-{len(made)}")
        self.answer(201, {"id": f"{os.getpid()}-{len(made) - 1}"})

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
CONSUMER = """
import http.server, os, urllib.error, urllib.request

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 200
        if self.path != "/":
            try:
                urllib.request.urlopen(os.environ["THINGS_URL"] + self.path, timeout=2).close()
            except urllib.error.HTTPError as error:
                status = 404 if error.code == 404 else 503
            except OSError:
                status = 503
        self.send_response(status)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
CONFIG = {
    "services": {
        "shop": {"command": ["python", "-S", "-c", CONSUMER], "health": "/"},
        "things": {"command": ["python", "-S", "-c", PROVIDER], "health": "/"},
    },
    "edges": {
        "things": {
            "consumer": "shop",
            "provider": "things",
            "address_env": "THINGS_URL",
            "trigger": {"path": "/things/{id}"},
            "upstream": {"path": "/things/{id}"},
            "entity": {
                "path": "/things",
                "body": {"name": "{n}"},
                "headers": {"Authorization": "Bearer {env.THINGS_PHRASE}"},
            },
            "good": {"status": [200]},
            "failed": {"status": [503]},
            "policy": {"answers_within_s": 5},
        }
    },
}


def test_entities_are_made_again_where_the_provider_forgot_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THINGS_PHRASE", "swordfish-9")
    scenario = usable_scenarios(tmp_path)["provider_killed"]
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, Config.model_validate(CONFIG), tmp_path)
        testbed = WireTestbed(launcher, engine, "things")
        for _ in range(2):  # the pool that runs share forgets them too
            run = run_chaos(testbed, [scenario])
            assert run.invalid == []
            failed = [check for check in run.checks if check.verdict is not Verdict.PASSED]
            assert failed == []


def test_a_token_that_the_environment_lacks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("THINGS_PHRASE", raising=False)
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, Config.model_validate(CONFIG), tmp_path)
        testbed = WireTestbed(launcher, engine, "things")
        with pytest.raises(UsageError, match=r"entity\.headers\.Authorization: .*THINGS_PHRASE"):
            run_chaos(testbed, [usable_scenarios(tmp_path)["provider_down"]])
