"""No fault: the request goes on. A rule of its own lets some pass before a later rule's turn."""

from typing import ClassVar, Literal

from seatrial.tap.actions.base import Action, Exchange


class Forward(Action):
    """Passes the request on as if there were no rule."""

    is_fault: ClassVar[bool] = False
    kind: Literal["forward"] = "forward"

    async def act(self, exchange: Exchange) -> None:
        """Pass it on."""
        await exchange.forward()
