"""The profile under Locust's own command, with its page."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from seatrial.system import Process, Session
from tests.integration.loads.conftest import PROFILE, Cards, StartCards


@pytest.fixture
def cards(start_cards: StartCards) -> Cards:
    """A right server."""
    return start_cards()


@pytest.fixture
def locust(session: Session, cards: Cards, tmp_path: Path) -> Process:
    """Locust with its page, waiting for a person."""
    ids = tmp_path / "ids.json"
    ids.write_text(json.dumps(["u-1", "u-2", "u-3"]))
    words = ["--host", cards.url, "--web-host", "127.0.0.1", "--web-port", str(session.free_port())]
    command = ["python", "-m", "locust", "-f", str(PROFILE), *words]
    process = session.start("locust-page", command, env={"SEATRIAL_LOAD_IDS": str(ids)})
    _wait_for("Starting web interface", process)
    return process


@pytest.fixture
def page(locust: Process) -> Iterator[httpx.Client]:
    """Ask what a browser would ask of it."""
    line = next(row for row in locust.tail(50).splitlines() if "Starting web interface" in row)
    url = line.split(" at ")[1].split(",")[0]
    transport = httpx.HTTPTransport(retries=5)
    with httpx.Client(base_url=url, transport=transport, trust_env=False) as client:
        yield client


def _wait_for(text: str, process: Process, times: int = 1, timeout_s: float = 40.0) -> None:
    for _ in range(round(timeout_s / 0.1)):
        if process.tail(200).count(text) >= times:
            return
        assert process.wait(0.1) is None, process.tail()
    raise AssertionError(f"{text!r} is missing in:\n{process.tail(200)}")


def _swarm(page: httpx.Client, **fields: str) -> None:
    answer = page.post("/swarm", data={"user_count": "1", "spawn_rate": "1", **fields})
    assert answer.json()["success"], answer.text


def test_a_person_starts_and_stops_tests_on_the_page(locust: Process, page: httpx.Client) -> None:
    for number in (1, 2):
        _swarm(page, rate="50")
        _wait_for("All users spawned", locust, number)
        for _ in range(200):
            shown = page.get("/stats/requests").json()["extended_stats"]
            if sum(int(row["answers"]) for row in shown[0]["data"][:-1]) > 20:
                break
        assert page.post("/stop").json()["success"]
        _wait_for("Open loop: latency", locust, number)
    assert "steady/hit" in locust.tail(200)
    shown = page.get("/stats/requests").json()["extended_stats"]
    assert [one["key"] for one in shown] == ["open_loop"]
    hits = next(row for row in shown[0]["data"] if row["outcome"] == "hit")
    assert float(hits["p50"]) <= float(hits["longest"])
    assert '"Open loop"' in page.get("/").text
    assert "steady,hit" in page.get("/open-loop/csv").text


def test_a_target_named_on_the_page_is_refused_too(locust: Process, page: httpx.Client) -> None:
    _swarm(page, host="http://example.com")
    _wait_for("--i-may-load-this-host", locust)
    assert page.get("/stats/requests").json()["stats"][-1]["num_requests"] == 0
    assert locust.running
