"""Each provider's OpenAPI document says what its consumers ask of it and expect."""

from collections.abc import Callable, Sequence

import pytest

from contracts import PACTS
from seatrial.pacts import Interaction


@pytest.mark.pact_documented(pacts=PACTS)
def test_what_consumers_need_is_documented(
    interactions: Sequence[Interaction], pact_document: Callable[[Sequence[Interaction]], None]
) -> None:
    """No undocumented status, no field without a type, no parameter that nobody knows."""
    pact_document(interactions)
