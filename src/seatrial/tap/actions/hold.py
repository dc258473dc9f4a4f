"""A request that waits until it is let go."""

from typing import Literal

from seatrial.tap.actions.base import Action, Exchange, Seconds

_POLL_S = 0.005


class Hold(Action):
    """Holds the request for as long as its rule is in force; then passes it on, or closes."""

    kind: Literal["hold"] = "hold"
    hold_s: Seconds = 600.0
    """No longer than this."""
    then: Literal["forward", "close"] = "forward"

    async def act(self, exchange: Exchange) -> None:
        """Wait, then do it."""
        left_s = self.hold_s
        while exchange.in_force() and left_s > 0:
            await exchange.sleep(min(_POLL_S, left_s))
            left_s -= _POLL_S
        if self.then == "forward":
            await exchange.forward()
        else:
            exchange.close()
