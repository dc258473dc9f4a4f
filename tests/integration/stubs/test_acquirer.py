"""The fake acquirer as a process: what only sockets and a crash can show."""

from collections.abc import Iterator

import httpx
import pytest

from seatrial.system import Process, Session
from tests.integration.stubs.reference import ROOT


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def start(session: Session) -> tuple[Process, str]:
    process = session.start(
        "acquirer",
        ["python", "-m", "stubs.acquirer"],
        env={"DATABASE_URL": f"sqlite:///{session.dir}/acquirer.sqlite"},
        cwd=ROOT,
    )
    return process, process.wait_listening()["url"]


def test_a_charge_whose_answer_is_lost_stays_charged_also_after_a_crash(session: Session) -> None:
    process, url = start(session)
    body = {"amount": 5000, "currency": "EUR", "method": "pm_charged_no_answer"}
    with httpx.Client(trust_env=False, timeout=10) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.put(f"{url}/charges/p1", json=body)
        process.kill()
        process, url = start(session)
        assert http.put(f"{url}/charges/p1", json=body).json()["status"] == "charged"
        assert len(http.get(f"{url}/charges").json()["charges"]) == 1


def test_one_that_hangs_charges_nothing_and_ends_with_its_caller(session: Session) -> None:
    process, url = start(session)
    body = {"amount": 5000, "currency": "EUR", "method": "pm_hangs"}
    with httpx.Client(trust_env=False, timeout=10) as http:
        with pytest.raises(httpx.ReadTimeout):
            http.put(f"{url}/charges/p1", json=body, timeout=0.3)
        assert http.get(f"{url}/charges/p1").status_code == 404
    process.stop()
    assert process.returncode == 0
