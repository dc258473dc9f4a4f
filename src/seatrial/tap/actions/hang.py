"""Silence before the head."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange, Seconds


class Hang(Action):
    """Says nothing until the consumer goes away, or the time is over; the provider isn't asked."""

    kind: Literal["hang"] = "hang"
    hang_s: Seconds = 60.0
    """When the tap closes the connection by itself."""

    async def act(self, exchange: Exchange) -> None:
        """Wait, then close."""
        await exchange.sleep(self.hang_s)
        exchange.close()
