"""The providers of the reference system: started as they ship, with their states next to them."""

from collections.abc import Mapping, Sequence

import pytest

from contracts.states import ALL


@pytest.fixture(scope="session")
def pact_provider_commands() -> Mapping[str, Sequence[str]]:
    """The commands that start the providers, by name."""
    return {
        states.provider: ("python", "-m", "contracts.states", states.provider) for states in ALL
    }
