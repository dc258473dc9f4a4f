"""A TCP reset in place of an answer."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange


class Reset(Action):
    """Resets the connection; the provider isn't asked."""

    kind: Literal["reset"] = "reset"

    async def act(self, exchange: Exchange) -> None:
        """Reset."""
        exchange.reset()
