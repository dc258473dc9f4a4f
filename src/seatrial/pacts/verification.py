"""A provider held to one interaction, with proof that it was."""

import json

from seatrial.errors import UsageError
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.local_http import quick_http
from seatrial.pacts.provider import Provider
from seatrial.pacts.scratch import written

__all__ = ["Provider", "lacks", "verify_interaction"]


def lacks(interaction: Interaction, provider: Provider) -> str | None:
    """Say what an interaction needs that a provider wasn't given; None when it has it all."""
    if missing := kind_of(interaction).lacks(provider):
        return missing
    if interaction.states and provider.states_url is None:
        return (
            f"needs a state, and {provider.name} was given no address to set it up; "
            f"add --pact-states {provider.name}=URL"
        )
    return None


def verify_interaction(interaction: Interaction, provider: Provider) -> None:
    """Ask the provider what the interaction asks, and judge its answer by the interaction's rules.

    The verifier is given a pact that holds this interaction alone: its filters are regular
    expressions that can't tell the states [A] from [A, B], and one that fits nothing passes.
    Redirects are not followed, and an interaction marked as pending must hold as well.

    Raises:
        ContractBroken: the answer breaks the contract, or nothing was verified.
        NoAnswer: there was none.
        StateFailed: a state could not be set up.
        MessageFailed: a message could not be sent.
        UsageError: the interaction needs a state, or is a message, and the provider has no address
            for that.
    """
    if missing := lacks(interaction, provider):
        raise UsageError(f"{interaction.subject} {missing}")
    urls = (provider.url, provider.states_url, provider.messages_url)
    with (
        quick_http(*(url for url in urls if url)),
        written(json.dumps(interaction.alone())) as file,
    ):
        kind_of(interaction).verify(interaction, provider, file)
