"""An answer that comes a few bytes at a time: a timeout for each read never ends it."""

from typing import Annotated, Literal

from pydantic import Field

from seatrial.tap.actions.base import Answering, Exchange


class Drip(Answering):
    """Sends the head at once and the body a few bytes at a time."""

    kind: Literal["drip"] = "drip"
    step_bytes: int = Field(1, ge=1, le=1_000_000)
    interval_s: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = 0.1
    """The wait before each step."""

    async def act(self, exchange: Exchange) -> None:
        """Answer slowly."""
        status, headers, body = await self.given(exchange)
        if not body or not exchange.carries_body(status):
            exchange.not_applied("drip: this answer has no body")
        await exchange.begin(status, headers, len(body))
        for start in range(0, len(body), self.step_bytes):
            await exchange.sleep(self.interval_s)
            end = start + self.step_bytes
            await exchange.send(body[start:end], last=end >= len(body))
