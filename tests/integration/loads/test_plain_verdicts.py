"""Under Locust's own command too, broken limits and invalid runs end with a code of their own."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.system import Process, Session
from tests.integration.loads.conftest import IDS, PROFILE, StartCards

StartLocust = Callable[..., Process]


@pytest.fixture
def start_locust(session: Session, tmp_path: Path) -> StartLocust:
    """Start Locust's command on a profile."""
    ids = tmp_path / "ids.json"
    ids.write_text(json.dumps(IDS))

    def start(name: str, *words: str, file: Path = PROFILE) -> Process:
        command = ["python", "-m", "locust", "-f", str(file), *words]
        return session.start(name, command, env={"SEATRIAL_LOAD_IDS": str(ids)})

    return start


def _ended(process: Process) -> int:
    status = process.wait(90.0)
    assert status is not None, process.tail()
    return status


def test_a_broken_limit_ends_with_1(start_cards: StartCards, start_locust: StartLocust) -> None:
    words = ("--headless", "--host", start_cards("--fail-every", "5").url, "--run-time", "2s")
    locust = start_locust("locust", *words, "--rate", "150")
    assert _ended(locust) == 1
    assert "FAILED load.errors" in locust.tail(200)


def test_an_invalid_run_ends_with_4(start_cards: StartCards, start_locust: StartLocust) -> None:
    words = ("--headless", "--host", start_cards().url, "--run-time", "1s", "--rate", "20")
    locust = start_locust("locust", *words)
    assert _ended(locust) == 4
    assert "INVALID: " in locust.tail(200)
    assert "answers are too few" in locust.tail(200)


@pytest.mark.parametrize("lost", [0, 2])
def test_workers_on_their_own_make_one_run_and_lost_ones_an_invalid_one(
    session: Session, start_cards: StartCards, start_locust: StartLocust, lost: int
) -> None:
    port = str(session.free_port())
    master = start_locust(
        *("master", "--headless", "--master", "--master-bind-host", "127.0.0.1"),
        *("--master-bind-port", port, "--expect-workers", "3", "-u", "3", "-r", "3"),
        *("--host", start_cards().url, "--run-time", "4s", "--rate", "100"),
    )
    to = ("--worker", "--master-host", "127.0.0.1", "--master-port", port)
    workers = [start_locust("worker", *to) for _ in range(3)]
    if lost:
        while "All users spawned" not in master.tail(200):
            assert master.wait(0.1) is None, master.tail()
        for number in range(lost):
            name = "worker.pid" if number == 0 else f"worker-{number + 1}.pid"
            os.kill(int((session.dir / name).read_text()), signal.SIGKILL)
    assert _ended(master) == (4 if lost else 0), master.tail(60)
    said = master.tail(200)
    assert ("only 1 of 3 sending processes reached the end" in said) == bool(lost)
    assert all(worker.wait(30.0) is not None for worker in workers)


def test_users_who_wait_for_answers_are_accounted_for_as_well(
    start_cards: StartCards, start_locust: StartLocust, tmp_path: Path
) -> None:
    file = tmp_path / "load" / "closed.py"
    file.parent.mkdir()
    file.write_text(
        "from load.cards import CardUser\n"
        "from seatrial.loads import Limits, Phase, Profile\n"
        "class Closed(CardUser):\n"
        "    profile = Profile(title='Users', limits=Limits(error_ratio_max=0.0), phases=(\n"
        "        Phase('open', 1, 100), Phase('closed', 2, users=10, think_s=0.02)))\n"
    )
    locust = start_locust("locust", "--headless", "--host", start_cards().url, file=file)
    assert _ended(locust) == 0, locust.tail()
    said = locust.tail(200)
    assert "open/hit" in said
    assert "closed/hit" in said
    assert "PASSED load.errors" in said
