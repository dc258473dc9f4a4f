"""Defects that kill -9 must find are found: in a file of its own, to run next to the other."""

import pytest

from tests.kill.killing import run


@pytest.mark.timeout(400)
def test_an_event_published_outside_the_transaction_is_found_lost() -> None:
    killed = run(12, seed=1, planted=["publish-outside-the-transaction"])
    assert killed.verdict is not None
    assert killed.verdict.events_lost, killed
