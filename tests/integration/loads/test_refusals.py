"""Bad input is one sentence and exit code 2, from the harness and from plain Locust alike."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.session.locust import run_profile
from seatrial.system import Session
from tests.integration.loads.conftest import PROFILE, StartCards


def _locust(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SEATRIAL_")}
    return subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(PROFILE), "--headless", *words],
        env=clean | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _refusal(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith("seatrial: ")]
    assert len(said) == 1
    return said[0]


def _ids(folder: Path) -> str:
    path = folder / "ids.json"
    path.write_text(json.dumps(["u-1", "u-2", "u-3"]))
    return str(path)


def test_plain_locust_without_users_says_where_they_may_come_from() -> None:
    said = _refusal(_locust("--host", "http://127.0.0.1:1"))
    assert "SEATRIAL_USER_SERVICE_URL" in said
    assert "SEATRIAL_LOAD_IDS" in said


def test_plain_locust_refuses_another_host(tmp_path: Path) -> None:
    done = _locust("--host", "http://example.com", SEATRIAL_LOAD_IDS=_ids(tmp_path))
    assert "--i-may-load-this-host" in _refusal(done)


def test_plain_locust_refuses_a_rate_without_sense(tmp_path: Path) -> None:
    words = ("--host", "http://127.0.0.1:1", "--rate=nan")
    assert "the rate is nan" in _refusal(_locust(*words, SEATRIAL_LOAD_IDS=_ids(tmp_path)))


def test_plain_locust_cannot_create_users_where_nobody_listens(free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    done = _locust("--host", "http://127.0.0.1:1", SEATRIAL_USER_SERVICE_URL=url)
    assert f"users can't be created at {url}/users" in _refusal(done)


def test_plain_locust_ends_by_itself_and_shows_the_open_loop(
    start_cards: StartCards, tmp_path: Path
) -> None:
    words = ("--host", start_cards().url, "--run-time", "2s", "--rate", "150")
    done = _locust(*words, SEATRIAL_LOAD_IDS=_ids(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "steady/hit" in done.stdout
    assert "0 dropped" in done.stdout


@pytest.mark.parametrize(
    ("rate_per_s", "duration_s", "said"),
    [(0.0, 1.0, "rate_per_s"), (float("nan"), 1.0, "rate_per_s"), (10.0, -1.0, "duration_s")],
)
def test_a_phase_without_sense_is_refused(rate_per_s: float, duration_s: float, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Phase("steady", duration_s, rate_per_s)


PLAN = LoadPlan(phases=(Phase("steady", 1.0, 10.0),), seed=1)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"host": "http://example.com"}, "i-may-load-this-host"),
        ({"host": "127.0.0.1:80"}, "isn't a URL"),
        ({"host": "http://["}, "isn't a URL"),
        ({"host": "http://127.0.0.1:99999"}, "isn't a URL"),
        ({"profile": Path("load/nowhere.py")}, r"no load profile load/nowhere\.py"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_starts(
    session: Session, changes: dict[str, Any], said: str
) -> None:
    words = {"profile": PROFILE, "host": "http://127.0.0.1:1", "plan": PLAN, **changes}
    with pytest.raises(UsageError, match=said):
        run_profile(session, words.pop("profile"), **words)
    assert not list(session.dir.glob("locust*"))


def test_a_target_that_is_not_there_is_named(session: Session, free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}"
    with pytest.raises(UsageError, match=f"nobody listens at the target {url}"):
        run_profile(session, PROFILE, host=url, plan=PLAN)


def test_a_profile_without_ids_is_refused_with_its_own_sentence(
    start_cards: StartCards,
) -> None:
    cards = start_cards()
    with pytest.raises(UsageError, match="at least one string"):
        run_profile(cards.session, PROFILE, host=cards.url, plan=PLAN, ids=[])


def test_the_harness_side_never_imports_locust() -> None:
    code = (
        "import seatrial.loads; from seatrial.loads.session import batch; import sys; "
        "sys.exit(any(name in sys.modules for name in ('locust', 'gevent')))"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == 0
