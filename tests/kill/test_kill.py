"""kill -9, fifty times: no event lost, none applied twice, no intent and no charge made twice.

A thousand: `python -m tests.kill --kills 1000`.
"""

import pytest

from tests.kill.killing import run
from tests.kill.system import NAMES


@pytest.mark.timeout(400)
def test_fifty_kills_lose_nothing_and_do_nothing_twice(capsys: pytest.CaptureFixture[str]) -> None:
    killed = run(50, seed=1)
    verdict = killed.verdict
    assert verdict is not None
    with capsys.disabled():
        counts = "  ".join(f"{name} {count}" for name, count in verdict.figures().items())
        print(f"\nkills {killed.kills.total()}  {counts}")  # noqa: T201 - they are what this is for
    assert verdict.is_clean, "\n".join(verdict.details)
    assert killed.kills.total() == 50
    # It says something only of services that worked, and were killed at it.
    assert min(killed.kills[name] for name in NAMES) > 0
    assert killed.acknowledged.failed > 0
    assert killed.acknowledged.users
    assert killed.acknowledged.accepted
    assert killed.acknowledged.processed
