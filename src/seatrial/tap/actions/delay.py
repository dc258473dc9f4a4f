"""A late request, or a late answer."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange, Seconds


class Delay(Action):
    """Passes the request on after a wait."""

    kind: Literal["delay"] = "delay"
    delay_s: Seconds

    async def act(self, exchange: Exchange) -> None:
        """Wait, then pass it on."""
        await exchange.sleep(self.delay_s)
        await exchange.forward()
