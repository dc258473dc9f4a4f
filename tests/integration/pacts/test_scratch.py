"""The folder that Pact reads from goes with its process, however that ends."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

STARTER = """
import signal, time
from seatrial.pacts.scratch import folder, written
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
with written("a pact"):
    print(folder(), flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_stays_where_the_process_is_killed(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as starter:
        assert starter.stdout is not None
        folder = Path(starter.stdout.readline().decode().strip())
        assert list(folder.iterdir())
        starter.send_signal(number)
        starter.wait()
    until_s = time.monotonic() + 20
    while folder.exists():
        assert time.monotonic() < until_s, "it is still there"
        time.sleep(0.01)


def test_nothing_stays_of_a_process_that_ends_by_itself() -> None:
    code = "from seatrial.pacts.scratch import folder; print(folder())"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    folder = Path(done.stdout.strip())
    assert folder.name.startswith("seatrial-")
    assert not folder.exists()
