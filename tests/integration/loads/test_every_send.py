"""Every request that leaves is counted: none is sent again, or taken for good, in silence."""

from pathlib import Path

import httpx
import pytest

from seatrial.loads import LoadPlan, Phase
from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.figures import figures
from seatrial.loads.record import LoadRun
from seatrial.loads.session.locust import run_profile
from seatrial.system import Session

PLAN = LoadPlan(phases=(Phase("steady", 2.0, 60.0),), seed=3, timeout_s=1.0)
PROFILE = """
from seatrial.loads import LoadPlan, OpenLoopUser, Outcome, Task

class Look(OpenLoopUser):
    @classmethod
    def keys(cls, plan: LoadPlan) -> tuple[str, ...]:
        return ("a",)

    def call(self, task: Task) -> Outcome:
        with self.client.request({words}, name="look", catch_response=True) as answer:
            return Outcome(f"http-{{answer.status_code}}", answer.status_code == 200)
"""
METHODS = {"get": '"GET", "/look"', "post": '"POST", "/pay", data=b"{}"'}


def _run(session: Session, folder: Path, method: str, *words: str) -> tuple[LoadRun, int]:
    """Run a profile; returns the run, and how many requests the server got."""
    server = session.start(
        "flaky", ["python", str(Path(__file__).with_name("flaky_server.py")), *words]
    )
    url = server.wait_listening()["url"]
    file = folder / "load" / "look.py"
    file.parent.mkdir()
    file.write_text(PROFILE.format(words=METHODS[method]))
    run = run_profile(session, file, host=url, plan=PLAN)
    return run, int(httpx.get(f"{url}/seen", trust_env=False).json()["seen"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("breaks", ["drop", "cut", "reset"])
def test_a_broken_answer_is_an_error_and_nothing_is_sent_again(
    session: Session, tmp_path: Path, method: str, breaks: str
) -> None:
    run, seen = _run(session, tmp_path, method, breaks)
    bad = [one for one in run.arrivals if not one.ok]
    assert seen == run.counts.sent == run.counts.answered == run.planned
    assert run.counts.requests == seen
    assert len(bad) == pytest.approx(0.3 * seen, abs=2)
    assert {one.outcome for one in bad} == {"http-0"}
    shown = run.stats.failed["http-0"]
    assert (shown["method"], shown["status"]) == (method.upper(), None)
    assert shown["url"].startswith("http://127.0.0.1:")
    assert shown["answer"]


def test_a_connection_closed_at_once_is_no_timeout(session: Session, tmp_path: Path) -> None:
    run, seen = _run(session, tmp_path, "get", "drop", "--of-ten", "10")
    assert seen == run.counts.sent
    assert {one.outcome for one in run.arrivals} == {"http-0"}
    assert run.stats.latency_of().percentile_ms(50) < 500


def test_a_redirect_is_another_request_and_counted(session: Session, tmp_path: Path) -> None:
    run, seen = _run(session, tmp_path, "get", "redirect")
    assert all(one.ok for one in run.arrivals)
    assert run.counts.requests == seen > run.counts.sent
    found = figures(LoadEvidence(run, None, None))
    assert found["load_http_requests"] == seen
