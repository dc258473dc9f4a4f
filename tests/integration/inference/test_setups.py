"""`seatrial infer` on services as teams have them: tokens, bodies, two providers, a URL."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from seatrial.system import Session

SHOP = Path(__file__).with_name("shop.py")
SEATRIAL = str(Path(sys.executable).with_name("seatrial"))
STARTED = """
[services.shop]
command = {shop}
health = ""

[services.users]
command = {users}
health = ""

[services.prices]
command = {prices}
health = ""

[edges.prices]
consumer = "shop"
provider = "prices"
address_env = "PRICES_URL"
trigger = { method = "POST", path = "/orders", body = { userId = "{id}", item = "tea" } }
upstream = { path = "/prices/tea" }
good = { status = [201] }
failed = { status = [503] }
entity = { ids = "user-{n}" }
policy = {}
"""
RUNNING = """
[services.shop]
url = "{shop_url}"
health = ""

[services.users]
url = "{users_url}"
health = ""
"""
USERS = """
[edges.users]
consumer = "shop"
provider = "users"
address_env = "USERS_URL"
listen = "{listen}"
good = { status = [201], entity = "buyer.id" }
failed = { status = [503] }
upstream = { path = "/users/{id}" }

[edges.users.trigger]
method = "POST"
path = "/orders"
body = { userId = "{id}", item = "tea", reference = "order-{n}" }
headers = { Authorization = "{env.SHOP_TOKEN}" }

[edges.users.entity]
path = "/users"
body = { name = "User {n}" }
headers = { Authorization = "{env.SHOP_TOKEN}" }

[edges.users.policy]
"""
ENV = {"SHOP_TOKEN": "Bearer let-me-in", "COLUMNS": "400"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def answering(port: int) -> None:
    """Wait for whoever listens there."""
    until_s = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)):
                return
        except OSError:
            assert time.monotonic() < until_s
            time.sleep(0.05)


def command(kind: str) -> list[str]:
    return [sys.executable, str(SHOP), kind]


def written(folder: Path, text: str, **values: str) -> Path:
    """Write a configuration."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    path = folder / "seatrial.toml"
    path.write_text(text.replace('listen = "{listen}"\n', ""), encoding="utf-8")
    return path


def started(folder: Path) -> Path:
    """Write the configuration in which Seatrial starts all services."""
    kinds = {kind: json.dumps(command(kind)) for kind in ("shop", "users", "prices")}
    return written(folder, STARTED + USERS, **kinds)


def inferred(config: Path) -> dict[str, Any]:
    """Run the command; what it says of the edge to users."""
    out = config.with_name("out.json")
    words = ["infer", "users", "--config", str(config), "--json", str(out), "--patience", "3"]
    done = subprocess.run(
        [SEATRIAL, *words], env=os.environ | ENV, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "let-me-in" not in done.stdout + done.stderr + out.read_text()
    found: dict[str, Any] = json.loads(out.read_text())["inferred"]["users"]
    return found


def value(found: dict[str, Any], name: str) -> Any:
    return found[name]["value"] if found[name]["certainty"] == "measured" else found[name]


def assert_holds(found: dict[str, Any], name: str, truth: float) -> None:
    """Hold a time against the truth; a busy machine widens its bounds, and never excludes it."""
    assert found[name]["certainty"] in ("measured", "bounded")
    assert found[name]["low"] - 0.05 <= truth <= found[name]["high"] + 0.05


def is_right(found: dict[str, Any]) -> None:
    assert value(found, "retry.attempts") == 2
    assert_holds(found, "retry.backoff_s", 0.1)
    assert_holds(found, "retry.attempt_timeout_s", 0.6)
    assert found["breaker"]["certainty"] == "absent"


@pytest.mark.timeout(600)
def test_a_body_a_token_made_entities_and_another_provider(tmp_path: Path) -> None:
    is_right(inferred(started(tmp_path)))


@pytest.mark.timeout(600)
def test_services_that_run_already(tmp_path: Path) -> None:
    listen = free_port()
    with Session() as session:
        urls = {}
        for kind in ("users", "prices", "shop"):
            port = free_port()
            urls[kind] = f"http://127.0.0.1:{port}"
            env = {"PORT": str(port), "USERS_URL": f"http://127.0.0.1:{listen}"}
            env["PRICES_URL"] = urls.get("prices", "")
            session.start(kind, command(kind), env=env)
            answering(port)
        text = RUNNING + USERS.replace("{listen}", f"127.0.0.1:{listen}")
        values = {"shop_url": urls["shop"], "users_url": urls["users"]}
        is_right(inferred(written(tmp_path, text, **values)))


@pytest.mark.timeout(120)
def test_what_was_found_is_kept_when_somebody_ends_it(tmp_path: Path) -> None:
    config, out = started(tmp_path), tmp_path / "out.json"
    words = [SEATRIAL, "infer", "users", "--config", str(config), "--json", str(out)]
    process = subprocess.Popen(
        words, env=os.environ | ENV, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    until_s = time.monotonic() + 90
    while "retry.attempts" not in process.stderr.readline():
        assert time.monotonic() < until_s
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate()
    assert process.returncode == 130, said + complained
    assert "Traceback" not in complained
    result = json.loads(out.read_text())
    assert result["verdict"] == "invalid"
    assert value(result["inferred"]["users"], "retry.attempts") == 2
    assert "[edges.users.policy.retry]" in said
