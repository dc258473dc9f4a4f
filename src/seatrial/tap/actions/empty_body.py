"""The provider's answer without its body."""

from typing import Literal

from seatrial.tap.actions.base import Answering, Exchange


class EmptyBody(Answering):
    """Answers with the provider's status and headers, and no body at all."""

    kind: Literal["empty_body"] = "empty_body"

    async def act(self, exchange: Exchange) -> None:
        """Answer."""
        status, headers, _ = await self.given(exchange)
        await exchange.answer(status, headers, b"")
