"""The providers as they ship, over PostgreSQL: held to every committed pact, as over SQLite."""

from collections.abc import Callable, Iterator

import pytest

from contracts import PACTS
from contracts.states import ALL
from seatrial.pacts import Provider, read_pacts, verify_interaction
from seatrial.pacts.failures import ContractBroken
from seatrial.system import Postgres, Session

NAMES = [states.provider for states in ALL]
_READ = read_pacts(PACTS, NAMES)


@pytest.fixture(scope="module")
def start(postgres: Postgres) -> Iterator[Callable[[str], Provider]]:
    """Starts a provider over a database of its own."""
    with Session() as session:

        def started(name: str) -> Provider:
            postgres.create(f"pact-{name}")
            url = {"DATABASE_URL": postgres.url(f"pact-{name}")}
            process = session.start(name, ["python", "-m", "contracts.states", name], env=url)
            told = process.wait_listening(60)
            return Provider(name, told["url"], told["statesUrl"], messages_url=told["messagesUrl"])

        yield started


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_keeps_its_contracts_over_postgresql(
    start: Callable[[str], Provider], name: str
) -> None:
    provider = start(name)
    interactions = [each for pact in _READ if pact.provider == name for each in pact.interactions]
    broken = []
    for interaction in interactions:
        try:
            verify_interaction(interaction, provider)
        except ContractBroken as failure:
            broken.append(failure.explanation)
    assert len(interactions) >= 10
    assert broken == []
