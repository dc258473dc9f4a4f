"""The states that contracts name, for each provider, and their providers as processes.

`python -m contracts.states user-service` starts the same application as `python -m stubs.user`, and
beside it, on a port of its own, the address that takes Pact's state changes.
"""

from typing import Any

from contracts.states.user import USER_STATES
from seatrial.pacts import States

__all__ = ["ALL", "USER_STATES"]

ALL: tuple[States[Any], ...] = (USER_STATES,)
