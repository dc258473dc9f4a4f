"""marketplace-service as the consumer of user-service: its real client, a case at a time."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.cases.marketplace_user import CASES, TAKEN_AS_WELL
from seatrial.pacts import Case


@pytest.mark.pact_consumer(CASES)
def test_client_asks_as_agreed(case: Case[Any], pact_play: Callable[[Case[Any]], None]) -> None:
    """Each of these is an interaction of the pact."""
    pact_play(case)


@pytest.mark.pact_consumer(TAKEN_AS_WELL)
def test_client_takes_as_well(case: Case[Any], pact_play: Callable[[Case[Any]], None]) -> None:
    """None of these asks more of the provider, so none is in the pact."""
    pact_play(case)
