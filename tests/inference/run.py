"""Run `seatrial infer` on a case in a folder of its own, and judge what it says."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.inference import judge
from tests.inference.cases import Case
from tests.inference.judge import Judged
from tests.inference.truth import Truth, attempts, findings, truths

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "consumers"
SEATRIAL = Path(sys.executable).with_name("seatrial")
_LONGEST_S = 900
_CONFIG = """
[services.things]
command = {provider}
cwd = {root}
announces = true

[services.client]
command = {command}
cwd = {root}
announces = true
env = {env}

[edges.things]
consumer = "client"
provider = "things"
address_env = "THINGS_URL"
{call}
entity = {{ ids = "thing-{{n}}" }}
failed = {{ status = [503] }}

"""
_GET = """trigger = { path = "/thing/{id}" }
upstream = { path = "/things/{id}" }
good = { status = [200], entity = "thing.id" }"""
_POST = """trigger = { method = "POST", path = "/charge/{id}" }
upstream = { method = "POST", path = "/charges", query = { thing = "{id}" } }
good = { status = [201], entity = "thing.id" }"""


@dataclass(frozen=True)
class Ran:
    """What the command said about a case. Times are seconds."""

    case: Case
    judged: tuple[Judged, ...] = ()
    infer_s: float = 0.0
    skipped: str = ""
    """The reason, where the language isn't there."""
    failed: str = ""
    """What went wrong, where nothing was inferred."""
    result: Mapping[str, Any] = field(default_factory=dict)


def config_of(case: Case, command: list[str], policy: str = "[edges.things.policy]\n") -> str:
    """Return the seatrial.toml of a case."""
    env = case.numbers.as_env() | ({"CLIENT": case.client} if case.client else {})
    text = _CONFIG.format(
        provider=json.dumps([sys.executable, "-m", "tests.defects.provider"]),
        command=json.dumps(command),
        root=json.dumps(str(ROOT)),
        call=_POST if case.numbers.post else _GET,
        env="{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in env.items()) + " }",
    )
    return text + policy


def command_of(case: Case, cache: Path) -> list[str] | None:
    """Return what starts its consumer; None where its language isn't installed."""
    if case.language == "node":
        node = shutil.which("node")
        return [node, str(HERE / "service.mjs")] if node else None
    if case.language == "go":
        return _built(cache)
    if case.language == "express":
        node = shutil.which("node")
        here = HERE / "express"
        return (
            [node, str(here / "service.mjs")] if node and (here / "node_modules").is_dir() else None
        )
    if case.language == "java":
        return _compiled(cache)
    module = {"library": "libraries", "python": "by_hand"}.get(case.language, case.language)
    return [sys.executable, "-m", f"tests.inference.consumers.{module}"]


def _built(cache: Path) -> list[str] | None:
    go = shutil.which("go")
    if go is None:
        return None
    binary = cache / "go-consumer"
    if not binary.exists():
        env = os.environ | {"GOFLAGS": "-mod=mod", "GOPROXY": "off", "CGO_ENABLED": "0"}
        command = [go, "build", "-o", str(binary), "."]
        subprocess.run(command, cwd=HERE / "go", env=env, check=True)
    return [str(binary)]


def _compiled(cache: Path) -> list[str] | None:
    javac, java = shutil.which("javac"), shutil.which("java")
    if javac is None or java is None:
        return None
    classes = cache / "java-consumer"
    if not classes.exists():
        source = HERE / "java" / "Consumer.java"
        subprocess.run([javac, "-d", str(classes), str(source)], check=True)
    return [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", str(classes), "Consumer"]


def run(case: Case, folder: Path, cache: Path, *, patience_s: float) -> Ran:
    """Infer one case, and judge."""
    command = command_of(case, cache)
    if command is None:
        return Ran(case, skipped=f"{case.language} isn't installed")
    config = folder / "seatrial.toml"
    config.write_text(config_of(case, command), encoding="utf-8")
    found = folder / "infer.json"
    began_s = time.monotonic()
    options = ["--config", str(config), "--json", str(found), "--patience", str(patience_s)]
    recorded = [sys.executable, "-m", "tests.inference.recorded", str(folder / "evidence.pickle")]
    done, output = called([*recorded, "infer", "things", "--quiet", *options])
    took_s = time.monotonic() - began_s
    result = result_in(found)
    if result is None or "things" not in result["inferred"]:
        return Ran(case, infer_s=took_s, failed=f"exit {done}: {output[-600:].strip()}")
    return Ran(case, tuple(judged(case, result)), took_s, result=result)


def rejudge(case: Case, folder: Path) -> Ran:
    """Judge what an earlier run kept."""
    result = result_in(folder / "infer.json")
    if result is None or "things" not in result["inferred"]:
        return Ran(case, skipped="it wasn't kept")
    return Ran(case, tuple(judged(case, result)), result["durationS"], result=result)


def called(command: list[str]) -> tuple[int, str]:
    """Return the exit code of a command, and what it printed."""
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, f"not done after {_LONGEST_S} s"
    return done.returncode, done.stdout + done.stderr


def result_in(file: Path) -> Mapping[str, Any] | None:
    """Return what a command wrote; None where it ended before that."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return json.loads(text) if text else None


def judged(case: Case, result: Mapping[str, Any]) -> list[Judged]:
    """Judge a result: parameters, the matrix, and findings."""
    numbers = case.numbers
    true = dict(truths(numbers))
    if case.language == "go" and numbers.each_read:  # it bounds the wait for the head alone
        true["retry.connect_timeout_s"] = Truth(None, "time")
    return [
        *judge.parameters(result["inferred"]["things"], true),
        *judge.behaviour(
            result["behaviour"].get("things", {}), attempts(numbers, resends=case.resends)
        ),
        *judge.findings(result["findings"], findings(numbers)),
    ]
