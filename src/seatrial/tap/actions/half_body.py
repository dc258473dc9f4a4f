"""An answer that promises a length and breaks off before it."""

from typing import Literal

from pydantic import Field

from seatrial.tap.actions.base import Answering, Exchange


class HalfBody(Answering):
    """Promises the whole body's length, sends a part of it and ends the connection."""

    kind: Literal["half_body"] = "half_body"
    share: float = Field(0.5, ge=0, lt=1)
    """The part that is sent, of all bytes."""
    then: Literal["close", "reset"] = "close"

    async def act(self, exchange: Exchange) -> None:
        """Answer in part."""
        status, headers, body = await self.given(exchange)
        if not exchange.carries_body(status):
            exchange.not_applied("half_body: this answer has no body")
            await exchange.answer(status, headers, body)
            return
        sent = body[: int(len(body) * self.share)]
        await exchange.begin(status, headers, max(len(body), 1))
        await exchange.send(sent)
        if self.then == "reset":
            exchange.reset()
        else:
            exchange.close()
