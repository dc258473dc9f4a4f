"""The provider's own answer to an interaction: what it really says, more than the pact asks for."""

from seatrial.errors import UsageError
from seatrial.pacts.answers import Answer
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.provider import Provider, in_state
from seatrial.pacts.verification import lacks


def record(interaction: Interaction, provider: Provider) -> Answer:
    """Ask a provider what the interaction asks, in its state, and keep the whole answer.

    Raises:
        NoAnswer: there was none.
        ContractBroken: its state or message could not be made.
        UsageError: the provider wasn't given what the interaction needs, or it can't be asked
            without Pact's verifier.
    """
    kind = kind_of(interaction)
    if kind.takes_values(interaction):
        raise UsageError("its request holds values that only Pact's verifier fills in")
    if missing := lacks(interaction, provider):
        raise UsageError(f"it {missing}")
    urls = (provider.url, provider.states_url, provider.messages_url)
    with quick_http(*(url for url in urls if url)), in_state(interaction, provider):
        return kind.record(interaction, provider)
