"""Every command that the README gives its reader to type is run, here or where it says."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatrial.results import Result

from .command import ROOT, ran, seatrial
from .test_up import start, written

README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = str(Path(sys.executable).parent)
STARTS = ("make ", ".venv/bin/", "seatrial ", "docker compose ", "pip install ", "SEATRIAL_")

HERE = {
    ".venv/bin/seatrial contracts": "passed: ",
    ".venv/bin/seatrial contracts --consumer card": "passed: ",
    ".venv/bin/seatrial chaos list": "provider_down",
    "seatrial chaos list --faults": "latency",
    ".venv/bin/seatrial chaos run provider_down": "passed: ",
    ".venv/bin/seatrial load list": "cached-lookups",
    ".venv/bin/seatrial doctor": "passed: ",
}
"""The commands that are run as they stand, and what each then says."""

LOCUST = (
    "SEATRIAL_USER_SERVICE_URL=http://127.0.0.1:PORT .venv/bin/locust -f load/cached_lookups.py "
    "--host http://127.0.0.1:PORT --headless --run-time 10s"
)
LUNCH = "seatrial load run lunch-break"
PROVIDER = "seatrial contracts --provider stock-service=https://…"

ELSEWHERE = {
    "make run": (".ci/run", "make run"),
    "make test": (".ci/run", "make test"),
    "make docs": (".ci/run", "make docs"),
    "make toxiproxy": (".ci/run", "make toxiproxy"),
    'pip install "seatrial[chaos]"': (".ci/package", "seatrial[$extra]"),
    'pip install "seatrial[chaos,load]"': (".ci/package", "seatrial[$extra]"),
    "make bench": (".github/workflows/load.yml", "make toxiproxy bench"),
    ".venv/bin/python -m benchmarks": ("Makefile", "$(BIN)/python -m benchmarks"),
    ".venv/bin/python -m benchmarks engine": ("Makefile", "$(BIN)/python -m benchmarks"),
    ".venv/bin/python -m benchmarks load": ("Makefile", "$(BIN)/python -m benchmarks"),
    ".venv/bin/python -m benchmarks newcomer": ("Makefile", "$(BIN)/python -m benchmarks"),
    ".venv/bin/python -m benchmarks conformance fuzz": ("Makefile", "$(BIN)/python -m benchmarks"),
    ".venv/bin/python -m contracts.changes": (".github/workflows/load.yml", "contracts.changes"),
    ".venv/bin/seatrial run": ("tests/e2e/test_run.py", '"run",'),
    ".venv/bin/seatrial load run cached-lookups": (
        ".github/workflows/load.yml",
        "seatrial load run cached-lookups",
    ),
    ".venv/bin/seatrial up": ("tests/e2e/test_up.py", "start(file"),
    "seatrial up": ("tests/e2e/test_up.py", "start(file"),
    ".venv/bin/seatrial up --gateway --chaos": (
        "tests/e2e/test_up.py",
        'start(file, "--gateway", "--chaos"',
    ),
    ".venv/bin/seatrial chaos run --virtual": (
        ".github/workflows/load.yml",
        "seatrial chaos run --virtual",
    ),
    ".venv/bin/seatrial explore hire": (".github/workflows/load.yml", "seatrial explore hire"),
    ".venv/bin/seatrial explore --virtual": (
        ".github/workflows/load.yml",
        "seatrial explore --virtual",
    ),
    ".venv/bin/seatrial infer card": (".github/workflows/load.yml", "seatrial infer card"),
    "seatrial infer": (".github/workflows/load.yml", "seatrial infer"),
    ".venv/bin/seatrial record card --pact my.json": (
        ".github/workflows/load.yml",
        "seatrial record card --pact my.json",
    ),
    "seatrial init": ("tests/e2e/test_tutorial.py", "init"),
    "seatrial chaos run provider_down": ("tests/e2e/test_tutorial.py", "provider_down"),
    ".venv/bin/pytest contracts": ("pyproject.toml", '"contracts"'),
    ".venv/bin/pytest chaos": (".github/workflows/load.yml", ".venv/bin/pytest chaos"),
    ".venv/bin/pytest tests/unit/resilience/test_order.py": ("pyproject.toml", '"tests"'),
    ".venv/bin/pytest tests/unit/resilience/test_breaker_search.py": ("pyproject.toml", '"tests"'),
    "docker compose -f docker-compose.test.yml up --wait": (
        ".github/workflows/ci.yml",
        "docker compose -f docker-compose.test.yml up --wait",
    ),
}
"""Commands that take minutes, another machine, or have a test: the file that runs each, and how."""


def commands() -> list[str]:
    """Return what stands in blocks without a language, and between single backticks."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    typed = "".join(text for language, text in blocks if not language).replace("\\\n", " ")
    prose = re.sub(r"^```.*?^```", "", README, flags=re.DOTALL | re.MULTILINE)
    lines = [*typed.splitlines(), *re.findall(r"`([^`\n]+)`", prose)]
    bare = (" ".join(line.partition("  #")[0].split()) for line in lines)
    return list(dict.fromkeys(line for line in bare if line.startswith(STARTS) and " " in line))


def typed(command: str) -> subprocess.CompletedProcess[str]:
    """Run it in a shell, in the checkout, whichever environment the tests run in.

    With a folder for temporary files of its own: `doctor` reports what any other run left there.
    """
    with tempfile.TemporaryDirectory() as folder:
        env = {"PATH": f"{BIN}:{os.environ['PATH']}", "TMPDIR": folder}
        return ran(["/bin/sh", "-c", command.replace(".venv/bin", BIN)], env=env, timeout_s=280)


def test_every_command_is_run_somewhere_and_none_is_listed_that_is_gone() -> None:
    assert set(commands()) == {*HERE, *ELSEWHERE, LOCUST, LUNCH, PROVIDER}


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_runs_elsewhere_is_run_there(command: str) -> None:
    file, words = ELSEWHERE[command]
    assert words in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", HERE)
def test_what_can_be_typed_works_as_it_stands(command: str) -> None:
    done = typed(command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert HERE[command] in done.stdout


@contextmanager
def up(folder: Path, *words: str) -> Iterator[dict[str, dict[str, str]]]:
    """The addresses of the system's services, while it runs."""
    file = folder / "up.json"
    with start(file, *words) as process:
        try:
            yield written(file, process)["services"]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


def test_plain_locust_loads_what_up_started(tmp_path: Path) -> None:
    with up(tmp_path) as services:
        command = LOCUST
        for name in ("user-service", "marketplace-service"):
            command = command.replace("http://127.0.0.1:PORT", services[name]["url"], 1)
        done = typed(command)
    # 4: the machine was too busy for this load, which is said and is no failure of the command.
    assert done.returncode in (0, 4), done.stdout + done.stderr
    assert "load.hits-beat-misses" in done.stdout + done.stderr


def test_a_provider_is_verified_where_it_runs(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    words = PROVIDER.split()[1:-1]
    with up(tmp_path, "--states") as services:
        urls = services["user-service"]
        there = [f"user-service={urls['url']}", "--states", f"user-service={urls['statesUrl']}"]
        done = seatrial(*words, *there, "--json", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    checks = Result.model_validate_json(out.read_bytes()).checks
    assert any("user-service" in check.subject for check in checks)


def test_the_profile_of_the_readme_is_judged_when_it_is_pasted(tmp_path: Path) -> None:
    section = README.partition("## A load profile")[2]
    code = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert code is not None
    for path in ROOT.iterdir():
        if path.name not in ("load", "seatrial.toml", ".git"):
            (tmp_path / path.name).symlink_to(path)
    shutil.copy(ROOT / "seatrial.toml", tmp_path)  # its real place is what counts
    shutil.copytree(ROOT / "load", tmp_path / "load")
    (tmp_path / "load" / "lunch_break.py").write_text(code[1])
    done = seatrial("load", "run", "lunch-break", cwd=tmp_path)
    assert done.returncode in (0, 4), done.stdout + done.stderr
    assert "lunch" in done.stdout
