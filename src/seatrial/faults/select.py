"""The choice of an engine: a running Toxiproxy, one that is started here, or the embedded."""

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seatrial import plugins
from seatrial.errors import UsageError
from seatrial.faults.client import Toxiproxy
from seatrial.faults.engines import Engine
from seatrial.faults.errors import ToxiproxyError
from seatrial.system import Process, ProcessDied, Session

ENGINES = ("auto", "toxiproxy", "embedded")
BUILT = Path(".cache/toxiproxy/server")
"""The server that `make toxiproxy` builds, below the checkout; TOXIPROXY_SERVER names another."""
CHECKOUT = Path(__file__).parents[3]
"""The checkout that this package runs from; of an installed one, a folder without such a server."""

_TRIES = 5
_START_S = 10.0
_POLL_S = 0.02


@contextmanager
def open_engine(
    session: Session, preference: str = "auto", *, seed: int | None = None
) -> Iterator[Engine]:
    """Open an engine, clean up what crashed runs left in it, and delete our proxies at the end.

    "auto" and "toxiproxy" take the server that TOXIPROXY_URL names, else start the program that
    TOXIPROXY_SERVER names, else `toxiproxy-server` from PATH, else the one that `make toxiproxy`
    built. "auto" falls back to the embedded engine.

    Args:
        session: owns the process where one is started.
        preference: "auto", "toxiproxy" or "embedded".
        seed: of the embedded engine's chance; the real server's has no effect.

    Raises:
        UsageError: there is no such engine here, or nobody answers; the message says the fix.
    """
    engine = _choose(session, preference, seed)
    try:
        engine.clean()
        yield engine
    finally:
        engine.close()


def _choose(session: Session, preference: str, seed: int | None) -> Engine:
    if preference not in ENGINES:
        raise UsageError(f"there is no engine {preference!r}; use one of {', '.join(ENGINES)}")
    url = os.environ.get("TOXIPROXY_URL")
    if preference != "embedded":
        if url:
            return use_running(url)
        server = find_server()
        if server is not None:
            return start_server(session, server)
        if preference == "toxiproxy":
            raise UsageError(
                "there is no Toxiproxy here: build one with `make toxiproxy` in the checkout (it "
                "needs Go), put toxiproxy-server on PATH, name its program in TOXIPROXY_SERVER, or "
                "set TOXIPROXY_URL to one that runs"
            )
    return start_embedded(session, seed)


def use_running(url: str) -> Engine:
    """Use the Toxiproxy that TOXIPROXY_URL names.

    Raises:
        UsageError: nobody answers there.
    """
    try:
        api = Toxiproxy(url)
        return Engine(f"toxiproxy {api.version()}", api)
    except (ToxiproxyError, UsageError) as error:
        raise UsageError(
            f"TOXIPROXY_URL: {error}; start a Toxiproxy there, or unset it to use one of ours"
        ) from None


def find_server() -> Path | None:
    """Find the real server's program on this machine; None without one.

    One that `make toxiproxy` built is found from the folders below it too, and from anywhere where
    the package runs from its checkout.

    Raises:
        UsageError: TOXIPROXY_SERVER names something that isn't a program.
    """
    named = os.environ.get("TOXIPROXY_SERVER")
    if named:
        if shutil.which(named) is None:
            raise UsageError(
                f"TOXIPROXY_SERVER: {named} isn't a program that can be run; name "
                "toxiproxy-server's file, or unset it"
            )
        return Path(named)
    found = shutil.which("toxiproxy-server")
    if found is not None:
        return Path(found)
    here = Path.cwd()
    built = (folder / BUILT for folder in (here, *here.parents, CHECKOUT))
    return next((server for server in built if os.access(server, os.X_OK)), None)


def start_embedded(session: Session, seed: int | None = None) -> Engine:
    """Start the embedded engine as a process of the session.

    Raises:
        UsageError: it doesn't start.
    """
    command = ["python", "-m", "seatrial.faults.engine"]
    if seed is not None:
        command += ["--seed", str(seed)]
    command += plugins.arguments()
    process = session.start("engine", command)
    data = process.wait_listening()
    api = Toxiproxy(str(data["url"]))
    return Engine(f"embedded {data['version']}", api, process=process, embedded=True)


def start_server(session: Session, program: Path) -> Engine:
    """Start the real server as a process of the session.

    It doesn't say which port it got, so it is given one that was free; when somebody else takes
    that meanwhile, the server stays alive without an API, and another port is tried.

    Raises:
        UsageError: it doesn't start.
    """
    for _ in range(_TRIES):
        port = session.free_port()
        process = session.start(
            "toxiproxy",
            [str(program), "-host", "127.0.0.1", "-port", str(port)],
            env={"LOG_LEVEL": "info"},  # its log is how connections are counted
        )
        api = Toxiproxy(f"http://127.0.0.1:{port}")
        if _answers(process, api):
            return Engine(f"toxiproxy {api.version()}", api, process=process)
        if not process.running:
            break
        process.stop()
    raise ProcessDied(f"toxiproxy did not start. It said last:\n{process.tail()}")


def _answers(process: Process, api: Toxiproxy) -> bool:
    """Wait until the server answers, and make sure that it is our process which does."""
    until = time.monotonic() + _START_S
    name = f"seatrial-probe-{process.pid}-{time.monotonic_ns()}"
    while process.running and time.monotonic() < until:
        if _logged(process, message="Server finished with error"):
            return False
        try:
            api.create(name, "127.0.0.1:1").delete()
        except ToxiproxyError:
            time.sleep(_POLL_S)
            continue
        return _wait_logged(process, name, until)
    return False


def _wait_logged(process: Process, proxy: str, until: float) -> bool:
    """Return True if our process says that it started that proxy."""
    while process.running and not _logged(process, message="Server finished with error"):
        if _logged(process, message="Started proxy", name=proxy):
            return True
        if time.monotonic() > until:
            break
        time.sleep(_POLL_S)
    return False


def _logged(process: Process, **wanted: str) -> bool:
    for line in process.tail(100).splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, dict) and wanted.items() <= event.items():
            return True
    return False
