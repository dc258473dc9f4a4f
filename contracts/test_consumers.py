"""Every consumer: its real client, or its real handler of messages, a case at a time."""

from collections.abc import Callable

import pytest

from contracts.cases import ALL, TAKEN_AS_WELL
from seatrial.pacts import AnyCase


@pytest.mark.pact_consumer(ALL)
def test_consumer_asks_and_takes_as_agreed(
    case: AnyCase, pact_exercise: Callable[[AnyCase], None]
) -> None:
    """Each of these is an interaction of a pact."""
    pact_exercise(case)


@pytest.mark.pact_consumer(TAKEN_AS_WELL)
def test_consumer_takes_as_well(case: AnyCase, pact_exercise: Callable[[AnyCase], None]) -> None:
    """None of these asks more of a provider, so none is in a pact."""
    pact_exercise(case)
