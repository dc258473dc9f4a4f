"""The provider's tutorial, followed to the letter against a service that runs."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

PAGE = (Path(__file__).parents[3] / "docs" / "tutorial" / "provider.md").read_text(encoding="utf-8")
FILES = re.findall(r'```python title="([^"]+)"\n(.*?)```', PAGE, flags=re.DOTALL)
COMMANDS = re.findall(r"^\$ (.*)$", PAGE, flags=re.MULTILINE)
STATES = re.findall(r"`(--pact-states [^`]+)`", PAGE)[0]
ADDRESS = "http://127.0.0.1:3001"


def pact(version: str, *states: str) -> dict[str, Any]:
    """A pact of an old version, as another team's tool writes it."""
    answer = {
        "status": 200,
        "headers": {"Content-Type": "application/json"},
        "body": {"name": "Ada"},
    }
    entry: dict[str, Any] = {
        "description": "get a user",
        "request": {"method": "get", "path": "/users/1"},
        "response": answer,
    }
    named = [{**entry, "providerState": state, "description": "get one"} for state in states]
    return {
        "consumer": {"name": "shop"},
        "provider": {"name": "users"},
        "interactions": [entry, *named],
        "metadata": {"pactSpecification": {"version": version}},
    }


@contextmanager
def users(name: str = "Ada") -> Iterator[str]:
    """A service with one user; anybody may set its states."""

    class Users(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({"name": name})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer({})

        def _answer(self, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Users) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def follow(folder: Path, document: object, address: str, *more: str) -> str:
    """Do what the page says; returns what pytest printed, and how it ended."""
    for name, text in FILES:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    pacts = folder / "contracts" / "pacts"
    pacts.mkdir(exist_ok=True)
    (pacts / "shop-users.json").write_text(json.dumps(document), encoding="utf-8")
    (command,) = [one for one in COMMANDS if one.startswith("pytest ")]
    words = " ".join((command, *more)).replace(ADDRESS, address).split()
    run = subprocess.run(
        [sys.executable, "-m", *words, "-p", "no:cacheprovider"],
        cwd=folder,
        env={**os.environ, "PACT_DO_NOT_TRACK": "true"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return f"{run.stdout}{run.stderr}\nexit {run.returncode}"


def test_the_three_lines_verify_a_provider(tmp_path: Path) -> None:
    with users() as address:
        output = follow(tmp_path, pact("2.0.0"), address)
    assert "1 passed" in output
    assert output.endswith("exit 0")


def test_a_provider_that_breaks_the_pact_fails(tmp_path: Path) -> None:
    with users("Bob") as address:
        output = follow(tmp_path, pact("3.0.0"), address)
    assert "users at" in output
    assert "breaks 'shop → users: get a user'" in output
    assert output.endswith("exit 1")


def test_an_interaction_with_a_state_is_skipped_and_the_address_of_states_runs_it(
    tmp_path: Path,
) -> None:
    with users() as address:
        skipped = follow(tmp_path, pact("1.0.0", "a user exists"), address)
        verified = follow(tmp_path, pact("1.1.0", "a user exists"), address, STATES)
    assert "1 passed, 1 skipped" in skipped
    assert "2 passed" in verified
