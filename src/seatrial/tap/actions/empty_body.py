"""The provider's answer without its body."""

from typing import Literal

from seatrial.tap.actions.base import Answering, Exchange


class EmptyBody(Answering):
    """Answers with the provider's status and headers, and no body at all."""

    kind: Literal["empty_body"] = "empty_body"

    async def act(self, exchange: Exchange) -> None:
        """Answer."""
        status, headers, body = await self.given(exchange)
        if not body or not exchange.carries_body(status):
            exchange.not_applied("empty_body: this answer has no body")
        # No bytes at all are an empty body, and no coded one.
        headers.pop("content-encoding", None)
        await exchange.answer(status, headers, b"")
