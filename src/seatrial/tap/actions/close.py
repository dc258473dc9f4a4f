"""An orderly end in place of an answer."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange


class Close(Action):
    """Closes the connection without an answer; the provider isn't asked."""

    kind: Literal["close"] = "close"

    async def act(self, exchange: Exchange) -> None:
        """Close."""
        exchange.close()
