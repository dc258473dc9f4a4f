"""Commands that can't start, or that somebody ends: exit codes, and what is kept."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from seatrial.pacts import run_contracts
from seatrial.results import RunVerdict
from seatrial.system import Session

from .command import ROOT, SEATRIAL, environment, seatrial

CONFIG = """
[services.shop]
command = ["python", "-c", "SHOP"]
health = ""

[services.users]
command = ["python", "-c", "USERS"]
health = ""

[edges.users]
consumer = "shop"
provider = "users"
address_env = "USERS_URL"
trigger = { path = "/greet/{id}" }
upstream = { path = "/users/{id}" }
good = { status = [200] }
failed = { status = [503] }
entity = { ids = "user-{n}" }

[edges.users.policy]
answers_within_s = 5
"""
SERVES = (
    "import http.server, os; "
    "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), "
    "http.server.SimpleHTTPRequestHandler).serve_forever()"
)
ENDS = "raise SystemExit('there is no disk')"
IDLES = "import time; time.sleep(600)"


def written(folder: Path, *, shop: str, users: str) -> Path:
    path = folder / "seatrial.toml"
    path.write_text(CONFIG.replace("SHOP", shop).replace("USERS", users, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize("broken", ["shop", "users"])
@pytest.mark.parametrize("command", [("chaos", "run", "provider_down"), ("infer",), ("run",)])
def test_whoever_cant_be_started_the_exit_code_is_the_same(
    tmp_path: Path, broken: str, command: tuple[str, ...]
) -> None:
    services = {"shop": SERVES, "users": SERVES, broken: ENDS}
    written(tmp_path, **services)
    done = seatrial(*command, "--engine", "embedded", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "there is no disk" in done.stderr


@pytest.mark.parametrize(
    "command", [("chaos", "run", "provider_down"), ("infer",), ("run",)], ids="-".join
)
def test_ctrl_c_while_services_start_writes_that_nothing_was_proved(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    written(tmp_path, shop=SERVES, users=IDLES)
    out = tmp_path / "out.json"
    words = [SEATRIAL, *command, "--engine", "embedded", "--json", str(out)]
    with subprocess.Popen(
        words, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.endswith(" ...\n"):
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
    assert process.returncode == 130, said
    assert "Traceback" not in said
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["verdict"] == "invalid"
    assert "invalid: interrupted: the result is partial" in result["notes"]


def test_contracts_that_somebody_ends_keep_what_they_found() -> None:
    def ended(said: str) -> None:
        if said.endswith(" passed"):
            raise KeyboardInterrupt

    with Session() as session:
        found = run_contracts(session, folder=ROOT / "contracts", progress=ended)
    assert found.verdict is RunVerdict.INVALID
    assert found.checks
