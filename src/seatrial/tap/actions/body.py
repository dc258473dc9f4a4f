"""Another body than the provider's: garbage with 200, or a well-formed answer of another schema."""

from typing import Literal, Self

from pydantic import model_validator

from seatrial.tap.actions.base import Answering, Exchange


class Body(Answering):
    """Answers 200 with another body, of another schema or no JSON at all."""

    kind: Literal["body"] = "body"

    @model_validator(mode="after")
    def _some_body(self) -> Self:
        if self.text is None and "json_body" not in self.model_fields_set:
            raise ValueError("give the body, as json or as text")
        return self

    async def act(self, exchange: Exchange) -> None:
        """Answer."""
        status, headers, body = await self.given(exchange)
        if not exchange.carries_body(status):
            exchange.not_applied("body: this answer has no body")
        await exchange.answer(status, headers, body)
