"""A team's own project: contract tests that know nothing of this repository."""

import shutil

import httpcore
import pytest

from seatrial.pacts import committed, exercising, findings, items, providers
from seatrial.results import Result

_INI = """
[pytest]
strict = true
"""

_CASES = """
from contextlib import asynccontextmanager
import httpx
from seatrial.pacts import Case, Pair, Request, Response, given, match

@asynccontextmanager
async def connect(url):
    async with httpx.AsyncClient(base_url=url) as http:
        yield http

async def name_of(http, path):
    answer = await http.get(path)
    return answer.json()["name"] if answer.is_success else None

PAIR = Pair("web", "user-service", connect)
CASES = (
    Case(
        pair=PAIR,
        description="get a user",
        given=(given("a user exists", id="u1"),),
        request=Request("GET", "/users/u1"),
        response=Response(200, {"name": match.str("Ada")}),
        call=lambda http: name_of(http, "/users/u1"),
        expect="Ada",
    ),
    Case(
        pair=PAIR,
        description="get nobody",
        request=Request("GET", "/users/u2"),
        response=Response(404),
        call=lambda http: name_of(http, "/users/u2"),
        expect=None,
    ),
)
"""

_CONFTEST = """
import sys
from pathlib import Path
import pytest

@pytest.fixture(scope="session")
def pact_provider_commands():
    return {"user-service": ("python", str(Path(__file__).parent / "provider.py"))}
"""

_TESTS = """
from pathlib import Path
import pytest
from cases import CASES
from seatrial.pacts import States

PACTS = Path(__file__).parent / "pacts"
STATES = States("user-service")

@STATES.handler("a user exists")
async def a_user_exists(provider, params): ...

@pytest.mark.pact_consumer(CASES)
def test_consumer(case, pact_exercise):
    pact_exercise(case)

@pytest.mark.pact_committed(CASES, pacts=PACTS)
def test_committed(cases, pact_compare):
    pact_compare(cases)

@pytest.mark.pact_provider("user-service", pacts=PACTS, states=[STATES])
def test_provider(interaction, pact_verify):
    pact_verify(interaction)
"""

_PROVIDER = """
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USERS = {}

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = USERS.get(self.path)
        self.answer(200 if name else 404, {"name": name} if name else {})

    def do_POST(self):
        change = json.loads(self.rfile.read(int(self.headers["content-length"])))
        USERS.clear()
        if change["action"] == "setup" and change["state"]:
            USERS["/users/" + change["params"]["id"]] = "Grace"
        self.answer(200, {})

    def answer(self, status, body):
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *arguments): ...

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
url = f"http://127.0.0.1:{server.server_port}"
data = {"url": url, "statesUrl": url + "/states"}
print(json.dumps({"event": "listening", "data": data}), flush=True)
server.serve_forever()
"""


_LOADED = (
    # A run within this process drops the modules that it was the first to import. These, and what
    # they import, can't be loaded twice.
    httpcore,
    committed,
    findings,
    items,
    exercising,
    providers,
)


class Project:
    """The project's files, and how its tests are run."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self._pytester = pytester
        self.folder = pytester.path
        self.contracts = pytester.mkdir("contracts")
        self.pact = self.contracts / "pacts" / "web-user-service.json"
        files = {
            "cases.py": _CASES,
            "conftest.py": _CONFTEST,
            "test_all.py": _TESTS,
            "provider.py": _PROVIDER,
        }
        pytester.makeini(_INI)
        for name, text in files.items():
            (self.contracts / name).write_text(text)

    def change(self, file: str, old: str, new: str) -> None:
        """Replace a part of a file of contracts/."""
        path = self.contracts / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        # Python tells a changed file by its size and the second of its change: both may be equal.
        shutil.rmtree(self.contracts / "__pycache__", ignore_errors=True)

    def pytest(self, *arguments: str) -> pytest.RunResult:
        """Run pytest, with our plugin and none of this environment's others."""
        return self._pytester.runpytest_inprocess("-p", "seatrial.pytest_plugin", *arguments)

    def write_pact(self) -> None:
        """Commit the pact."""
        assert self.pytest("contracts", "--pact-update").ret == 0

    def result(self) -> Result:
        """The result that `--seatrial-json out.json` wrote."""
        return Result.model_validate_json((self.folder / "out.json").read_bytes())
