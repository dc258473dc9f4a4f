"""The states that contracts name, for each provider, and their providers as processes.

`python -m contracts.states user-service` starts the same application as `python -m stubs.user`, and
beside it, on a port of its own, the addresses that take Pact's state changes and make it send its
messages.
"""

from typing import Any

from contracts.states.marketplace import MARKETPLACE_MESSAGES, MARKETPLACE_STATES
from contracts.states.payments import PAYMENTS_MESSAGES, PAYMENTS_STATES
from contracts.states.user import USER_MESSAGES, USER_STATES
from seatrial.pacts import Messages, States

__all__ = [
    "ALL",
    "ALL_MESSAGES",
    "MARKETPLACE_MESSAGES",
    "MARKETPLACE_STATES",
    "PAYMENTS_MESSAGES",
    "PAYMENTS_STATES",
    "USER_MESSAGES",
    "USER_STATES",
]

ALL: tuple[States[Any], ...] = (MARKETPLACE_STATES, PAYMENTS_STATES, USER_STATES)
ALL_MESSAGES: tuple[Messages[Any], ...] = (MARKETPLACE_MESSAGES, PAYMENTS_MESSAGES, USER_MESSAGES)
