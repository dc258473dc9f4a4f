"""The strength of the contracts: what a provider could change without anyone noticing.

Every answer is changed field by field, and each change is put before the pact's matchers and the
consumer's real client. One that the matchers accept and the client can't live with is a survivor.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.cases import ALL
from seatrial.pacts import AnyCase


@pytest.mark.pact_strength(ALL, waivers=Path(__file__).parent / "waivers.toml")
def test_no_breaking_change_goes_unnoticed(
    case: AnyCase, pact_judge: Callable[[AnyCase], None]
) -> None:
    """Whatever the provider changes and the consumer minds, the pact refuses."""
    pact_judge(case)
