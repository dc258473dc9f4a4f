"""A generator that is slow itself says so: its loop, and answers that lie unread."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from seatrial.loads.profile import Limits
from seatrial.loads.session.locust import run_profile
from seatrial.loads.session.processor_wait import ProcessorWait
from seatrial.loads.validity import invalid_reasons
from tests.integration.loads.conftest import StartCards
from tests.integration.loads.test_every_send import PLAN
from tests.starvation.planted import PLANTS, run

HOG = """
import time
from seatrial.loads import LoadPlan, OpenLoopUser, Outcome, Task

class Hog(OpenLoopUser):
    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        return ("a",)

    def call(self, task: Task) -> Outcome:
        if task.number % 20 == 0:
            until_s = time.monotonic() + 0.15
            while time.monotonic() < until_s:
                pass
        answer = self.client.get("/users/u-1/card", name="card")
        return Outcome("hit", answer.status_code == 200)
"""


def test_a_profile_that_holds_the_loop_up_is_invalid(
    start_cards: StartCards, tmp_path: Path
) -> None:
    cards = start_cards()
    file = tmp_path / "load" / "hog.py"
    file.parent.mkdir()
    file.write_text(HOG)
    run = run_profile(cards.session, file, host=cards.url, plan=PLAN)
    assert run.stats.own_delay.count == run.counts.answered
    assert run.stats.beat.percentile_ms(100) >= 140
    reasons = invalid_reasons(run, Limits(deadline_s=0.5, answers_min=50))
    assert any("ms late" in reason or "stood still" in reason for reason in reasons), reasons


def test_what_lies_unread_is_as_old_as_the_kernel_says() -> None:
    code = """
        import gevent.monkey; gevent.monkey.patch_all()
        import gevent, gevent.socket, socket
        from seatrial.loads.generator.starvation import timed_socket
        ages = []
        server = gevent.socket.socket(); server.bind(("127.0.0.1", 0)); server.listen()
        client = timed_socket(ages.append, socket.AF_INET, socket.SOCK_STREAM, 0)
        client.connect(server.getsockname())
        other, _ = server.accept()
        for _ in range(20):  # the kernel notes arrivals only some time after it is first asked to
            other.sendall(b"a"); gevent.sleep(0.2); assert client.recv(10) == b"a"
            if ages[-1] > 0.19: break
        other.sendall(b"b"); assert client.recv(10) == b"b"
        assert 0.19 < ages[-2] < 5.0, ages
        assert ages[-1] < ages[-2] / 2, ages
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_wait_of_who_listens_is_known(start_cards: StartCards) -> None:
    wait = ProcessorWait([start_cards().url])
    ratio = wait.ratio()
    assert ratio is not None
    assert 0.0 <= ratio < 10.0
    assert ProcessorWait(["http://127.0.0.1:1"]).ratio() is None
    assert ProcessorWait(["http://198.51.100.1:80"]).ratio() is None


@pytest.mark.parametrize("name", ["stopped", "stalls", "stopped-and-stalls"])
def test_whose_fault_it_is_decides_the_verdict(name: str) -> None:
    """On a machine with other work a stall may be invalid too, and never passes."""
    plant = PLANTS[name]
    seen = run(plant, 1)
    allowed = {plant.expected} | ({"invalid"} if name == "stalls" else set())
    assert seen.verdict in allowed, seen.why
