"""An answer that is lost after the provider has done what it was asked to do."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange, Seconds


class ForwardThen(Action):
    """Lets the provider do its work, then loses the answer (a reset, a close, or silence)."""

    kind: Literal["forward_then"] = "forward_then"
    then: Literal["reset", "close", "hang"] = "reset"
    hang_s: Seconds = 60.0
    """With `hang`: when the tap closes the connection by itself."""

    async def act(self, exchange: Exchange) -> None:
        """Ask, and keep the answer back."""
        await exchange.fetch()
        if self.then == "reset":
            exchange.reset()
            return
        if self.then == "hang":
            await exchange.sleep(self.hang_s)
        exchange.close()
