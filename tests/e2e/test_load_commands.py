"""`seatrial load` as a person uses it: another target, Ctrl-C, and what is refused."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.system import Session

from .command import ROOT, SEATRIAL, environment, seatrial

SERVER = ROOT / "tests" / "integration" / "loads" / "card_server.py"


@pytest.fixture(scope="module")
def target() -> Iterator[str]:
    """A right server of cards that runs already."""
    with Session() as session:
        process = session.start("cards", ["python", str(SERVER), "--ttl-s", "0.5"])
        yield str(process.wait_listening()["url"])


@pytest.fixture
def ids(tmp_path: Path) -> dict[str, str]:
    """An environment that names ids."""
    path = tmp_path / "ids.json"
    path.write_text(json.dumps([f"u-{number}" for number in range(40)]))
    return {"SEATRIAL_LOAD_IDS": str(path)}


def _result(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_a_target_that_runs_already_is_judged_by_its_answers(
    target: str, ids: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    size = ("--rate", "100", "--duration", "4")
    done = seatrial("load", "run", "spike", "--host", target, *size, "--json", str(out), env=ids)
    assert done.returncode == 0, done.stdout + done.stderr
    result = _result(out)
    verdicts = {check["id"]: check["verdict"] for check in result["checks"]}
    assert verdicts["load.errors"] == verdicts["load.after.goodput"] == "passed"
    assert verdicts["load.upstream-over-oracle"] == "skipped"  # nobody declared a TTL
    assert {"spike.load_p99_ms", "hit_ratio", "arrivals_per_s"} <= set(result["figures"])
    again = f"seatrial load run spike --rate 100 --duration 4 --host {target}"
    assert {check["rerun"] for check in result["checks"]} == {again}
    kinds = {one["kind"] for check in result["checks"] for one in check["evidence"]}
    assert {"facts", "plot"} <= kinds


def test_a_rate_beyond_the_machine_is_invalid_and_says_what_it_could(
    target: str, ids: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    size = ("--rate", "50000", "--duration", "4")
    words = ("load", "run", "steady", "--host", target, *size, "--json", str(out))
    done = seatrial(*words, env=ids)
    assert done.returncode == 4, done.stdout + done.stderr
    notes = " ".join(_result(out)["notes"])
    assert "this machine can't send" in notes
    assert "it could send about" in notes


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["spke"], "no load profile 'spke'; did you mean 'spike'?"),
        (["spike", "--rate", "nan"], "the rate is nan"),
        (["spike", "--host", "http://example.com"], "say --i-may-load-this-host"),
        (["spike", "--host", "http://127.0.0.1:1"], "nobody listens at the target"),
        (["spike", "--baseline", "gone"], "no control 'gone'"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(words: list[str], said: str) -> None:
    done = seatrial("load", "run", *words, timeout_s=60)
    assert done.returncode == 2, done.stderr
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_a_profile_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    (tmp_path / "load").mkdir()
    (tmp_path / "load" / "broken.py").write_text("import nothing_of_the_kind\n")
    (tmp_path / "seatrial.toml").write_text((ROOT / "seatrial.toml").read_text())
    done = seatrial("load", "run", "broken", cwd=tmp_path, timeout_s=60)
    assert done.returncode == 2
    assert "broken.py: can't be imported: ModuleNotFoundError" in " ".join(done.stderr.split())


def _interrupted(words: list[str], tmp_path: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    """A command that got Ctrl-C once its load had sent something."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = subprocess.Popen(
        [SEATRIAL, *words],
        cwd=ROOT,
        env=environment(TMPDIR=str(scratch), **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + 60
    while not any(b'"sent": 1' in log.read_bytes() for log in scratch.glob("*/locust.log")):
        assert command.poll() is None, command.communicate()
        assert time.monotonic() < until_s
        time.sleep(0.05)
    command.send_signal(signal.SIGINT)
    return command


def test_ctrl_c_leaves_a_partial_result_that_says_so(
    target: str, ids: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "out.json"
    words = ["load", "run", "steady", "--host", target, "--duration", "60", "--json", str(out)]
    command = _interrupted(words, tmp_path, ids)
    stdout, stderr = command.communicate(timeout=60)
    assert command.returncode == 130, stdout + stderr
    assert "Traceback" not in stderr
    result = _result(out)
    assert result["verdict"] == "invalid"
    assert "interrupted, and its figures are partial" in " ".join(result["notes"])
    assert 0 < result["figures"]["load_requests"] < 5_000


def test_a_comparison_of_what_is_no_result_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{}")
    done = seatrial("load", "compare", str(tmp_path / "a.json"), str(tmp_path / "b.json"))
    assert done.returncode == 2
    assert "isn't a result that --json wrote" in " ".join(done.stderr.split())
