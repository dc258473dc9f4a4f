"""The committed pacts are what the consumers' cases produce; `--pact-update` takes them over."""

from collections.abc import Callable, Sequence

import pytest

from contracts import PACTS
from contracts.cases import ALL
from seatrial.pacts import AnyCase


@pytest.mark.pact_committed(ALL, pacts=PACTS)
def test_committed_pact_is_up_to_date(
    cases: Sequence[AnyCase], pact_compare: Callable[[Sequence[AnyCase]], None]
) -> None:
    """Nothing was changed on one side only."""
    pact_compare(cases)
