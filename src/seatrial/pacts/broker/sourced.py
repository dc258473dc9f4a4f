"""The broker's pacts as parameters of a test, one an interaction."""

from collections.abc import Sequence
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.broker.broker import BrokerPact
from seatrial.pacts.broker.publication import BrokerSource
from seatrial.pacts.items import interaction_parameter, require_handlers
from seatrial.pacts.messages import Messages
from seatrial.pacts.states import States


def parameters(
    pacts: Sequence[BrokerPact],
    name: str,
    *,
    states: Sequence[States[Any]],
    messages: Sequence[Messages[Any]] = (),
    elsewhere: bool,
) -> list[Any]:
    """Parameters for `pact_provider`.

    A pending pact may name a state without a handler: it fails as pending, and breaks no build.

    Args:
        pacts: what the broker gave.
        name: the provider.
        states: the states of every provider that is verified anywhere.
        messages: the messages of every provider that sends any.
        elsewhere: it runs at an address of its own, with handlers and producers of its own.

    Raises:
        UsageError: a state has no handler, or a message no producer.
    """
    found = []
    for pact in pacts:
        if not elsewhere and not pact.pending:
            require_handlers(name, pact.interactions, states, messages)
        source = BrokerSource(
            name,
            pact.consumer,
            pact.label,
            pact.results_url,
            len(pact.interactions),
            pact.pending,
        )
        for entry in pact.interactions:
            if entry.provider != name:
                raise UsageError(
                    f"the broker gave a pact of {entry.provider} for {name}; look at the broker"
                )
            mark = pytest.mark.pact_source(source)
            found.append(interaction_parameter(entry, f"{pact.label}-{entry.id}", (mark,)))
    return found
