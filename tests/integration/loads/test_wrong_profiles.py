"""A profile that is wrong is a sentence and exit code 2; Locust's own JSON stays JSON."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.loads.session.locust import run_profile
from seatrial.loads.validity import invalid_reasons
from tests.integration.loads.conftest import Cards, StartCards
from tests.integration.loads.test_every_send import PLAN

HEAD = """
from seatrial.loads import *

class Wrong(OpenLoopUser):
"""
KEYS = """
    @classmethod
    def keys(cls, plan):
        return ("a",)
"""
CALL = """
    def call(self, task):
        answer = self.client.get(f"/users/{task.key}/card", name="card")
        return Outcome("hit", answer.status_code == 200)
"""
WRONG = {
    "nothing-returned": (
        KEYS + "\n    def call(self, task):\n        pass\n",
        "Wrong.call returned None",
    ),
    "no-keys": (
        "\n    @classmethod\n    def keys(cls, plan):\n        return ()\n" + CALL,
        "Wrong.keys returned no",
    ),
    "keys-of-numbers": (
        "\n    @classmethod\n    def keys(cls, plan):\n        return [1]\n" + CALL,
        "Wrong.keys returned no",
    ),
    "keys-raise": (
        "\n    @classmethod\n    def keys(cls, plan):\n        return {}['a']\n" + CALL,
        "Wrong.keys raised KeyError",
    ),
    "keys-missing": (CALL, "Wrong has no keys"),
    "call-missing": (KEYS, "Wrong has no call"),
    "assertions-raise": (
        KEYS
        + CALL
        + "\n    @classmethod\n    def assertions(cls, arrivals):\n        return 1 / 0\n",
        "Wrong.assertions raised ZeroDivisionError",
    ),
}


@pytest.fixture
def cards(start_cards: StartCards) -> Cards:
    """A right server."""
    return start_cards()


def _file(folder: Path, text: str) -> Path:
    file = folder / "load" / "wrong.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(HEAD + text)
    return file


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_profile_is_refused_with_a_sentence(
    cards: Cards, tmp_path: Path, name: str
) -> None:
    text, said = WRONG[name]
    with pytest.raises(UsageError, match=said):
        run_profile(cards.session, _file(tmp_path, text), host=cards.url, plan=PLAN)


def test_a_worker_leaves_the_sentence_to_the_coordinator(cards: Cards, tmp_path: Path) -> None:
    text, said = WRONG["nothing-returned"]
    with pytest.raises(UsageError, match=said):
        run_profile(cards.session, _file(tmp_path, text), host=cards.url, plan=PLAN, workers=1)


def _locust(file: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--host", url]
    return subprocess.run(
        [*command, *words], capture_output=True, text=True, timeout=60, check=False
    )


def test_plain_locust_ends_with_2_too(cards: Cards, tmp_path: Path) -> None:
    file = _file(tmp_path, WRONG["nothing-returned"][0])
    done = _locust(file, cards.url, "--run-time", "2s")
    assert done.returncode == 2
    assert "seatrial: Wrong.call returned None; return an Outcome" in done.stderr


def test_a_call_that_raises_is_an_error_of_its_arrival(cards: Cards, tmp_path: Path) -> None:
    text = KEYS + CALL.replace(
        "        return", "        if task.number % 2: {}['a']\n        return"
    )
    run = run_profile(cards.session, _file(tmp_path, text), host=cards.url, plan=PLAN)
    assert run.counts.sent == run.counts.answered
    assert run.count("raised-KeyError") == run.counts.sent // 2
    assert not any(one.ok for one in run.arrivals if one.outcome == "raised-KeyError")


def test_a_run_whose_calls_all_raise_is_invalid(cards: Cards, tmp_path: Path) -> None:
    text = KEYS + "\n    def call(self, task):\n        raise KeyError('a')\n"
    run = run_profile(cards.session, _file(tmp_path, text), host=cards.url, plan=PLAN)
    assert any("every call raised KeyError" in reason for reason in invalid_reasons(run))


def test_locusts_own_json_is_the_only_output(cards: Cards, tmp_path: Path) -> None:
    file = _file(tmp_path, KEYS + CALL)
    done = _locust(file, cards.url, "--run-time", "4s", "--rate", "80", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["num_requests"] > 200
    assert "Open loop: latency" in done.stderr
