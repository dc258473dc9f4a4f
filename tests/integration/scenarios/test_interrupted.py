"""A run that somebody ends keeps what was found; a failed check shows what was printed."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from seatrial.config import Config
from seatrial.faults import open_engine
from seatrial.results import Text, Verdict
from seatrial.scenarios import run_chaos, usable_scenarios
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

PROVIDER = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
CONSUMER = """
import http.server, os, urllib.request

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = 200
        try:
            urllib.request.urlopen(os.environ["THINGS_URL"] + self.path, timeout=2).close()
        except OSError:
            print("the pool is empty", flush=True)
            status = 500
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
CONFIG = {
    "services": {
        "shop": {"command": ["python", "-S", "-c", CONSUMER], "health": ""},
        "things": {"command": ["python", "-S", "-c", PROVIDER], "health": ""},
    },
    "edges": {
        "things": {
            "consumer": "shop",
            "provider": "things",
            "address_env": "THINGS_URL",
            "trigger": {"path": "/things/{id}"},
            "upstream": {"path": "/things/{id}"},
            "entity": {"ids": "{n}"},
            "good": {"status": [200]},
            "failed": {"status": [503]},
            "policy": {"answers_within_s": 5},
        }
    },
}


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT as a terminal's; a shell's background jobs ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_what_was_found_before_an_interrupt_is_kept_with_what_was_printed(tmp_path: Path) -> None:
    scenarios = usable_scenarios(tmp_path)
    chosen = [scenarios["provider_down"], scenarios["provider_killed"]]

    def interrupt_the_second(said: str) -> None:
        if "provider_killed" in said:
            signal.raise_signal(signal.SIGINT)

    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, Config.model_validate(CONFIG), tmp_path)
        testbed = WireTestbed(launcher, engine, "things")
        run = run_chaos(testbed, chosen, workers=1, progress=interrupt_the_second)
    assert run.interrupted
    assert run.invalid == ["things: interrupted before 1 of 2 had run"]
    failed = [check for check in run.checks if check.verdict is Verdict.FAILED]
    assert [check.id for check in failed] == ["chaos.provider_down.answers-as-declared-while-down"]
    texts = [one for one in failed[0].evidence if isinstance(one, Text)]
    printed = next(one for one in texts if one.title == "shop printed meanwhile")
    assert printed.text.splitlines()[-1] == "the pool is empty"
