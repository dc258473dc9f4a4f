"""An exchange passed on, and kept whole: what was asked and what was answered."""

from typing import ClassVar, Literal

from seatrial.tap.actions.base import Action, Exchange


class Record(Action):
    """Passes the request on and the answer back, and keeps both whole for who asks the tap."""

    kind: Literal["record"] = "record"
    is_fault: ClassVar[bool] = False

    async def act(self, exchange: Exchange) -> None:
        """Pass it on, and keep it."""
        await exchange.forward_recorded()
