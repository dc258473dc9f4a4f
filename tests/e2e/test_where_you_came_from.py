"""Where you came from: every block of the page, as it stands."""

import re
import shutil
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seatrial.config import load_config

from .command import ROOT, ran, seatrial

PAGE = (ROOT / "docs" / "how-to" / "where-you-came-from.md").read_text(encoding="utf-8")
FRAME, *BLOCKS = re.findall(r"^```python[^\n]*\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
TOML = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ seatrial (.*)$", PAGE, re.MULTILINE)
JUDGED = (0, 1, 4)
"""Passed, failed, invalid: a busy machine decides which; 2 would be a command that can't run."""


class Provider(BaseHTTPRequestHandler):
    """Answers every GET."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with an object."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider that runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_every_block_of_python_runs(provider: str, tmp_path: Path) -> None:
    imports, frame = FRAME.replace("http://127.0.0.1:3001", provider).split("\n\n\n", 1)
    tests = [
        frame.replace("test_it", f"test_{number}").replace(
            "        ...\n", textwrap.indent(block, " " * 8)
        )
        for number, block in enumerate(BLOCKS)
    ]
    (tmp_path / "test_here.py").write_text("\n\n\n".join([imports, *tests]), encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n", encoding="utf-8")
    (tmp_path / "contracts").symlink_to(ROOT / "contracts")
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--seatrial-engine", "embedded")
    done = ran([sys.executable, *words, "test_here.py"], cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(BLOCKS)} passed" in done.stdout


@pytest.mark.parametrize("block", TOML)
def test_every_block_of_configuration_is_one(block: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed.toml"
    shutil.copy(ROOT / "seatrial.toml", tmp_path)
    changed.write_text(f'extend = "seatrial.toml"\n{block}', encoding="utf-8")
    config = load_config(changed)
    assert config.edges["card"].policy.retry is not None


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command: str) -> None:
    done = seatrial(*command.split())
    assert done.returncode in JUDGED, done.stdout + done.stderr


def test_an_answer_is_a_few_lines_and_what_shows_it() -> None:
    assert len(BLOCKS) > 12
    for block in BLOCKS:
        lines = block.partition("assert ")[0].splitlines()
        assert len([line for line in lines if line.strip()]) <= 4, block
