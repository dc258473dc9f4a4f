"""marketplace-service as a provider: the real process, an interaction at a time."""

from collections.abc import Callable

import pytest

from contracts import PACTS
from contracts.states import ALL, ALL_MESSAGES
from seatrial.pacts import Interaction


@pytest.mark.pact_provider("marketplace-service", pacts=PACTS, states=ALL, messages=ALL_MESSAGES)
def test_marketplace_service_answers_as_agreed(
    interaction: Interaction, pact_verify: Callable[[Interaction], None]
) -> None:
    """It still gives what the consumer needs."""
    pact_verify(interaction)
