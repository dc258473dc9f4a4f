"""An answer given byte for byte, as a measurement of a consumer needs it."""

import base64
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from seatrial.tap.actions.base import MAX_BODY, Action, Exchange, sendable_headers

Lines = Annotated[dict[str, tuple[str, ...]], Field(max_length=100)]


def _sendable(headers: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name, values in headers.items():
        for value in values:
            sendable_headers({name: value})
    return headers


class AnswerWith(Action):
    """Answers with exactly this status, these headers and this body; the provider isn't asked."""

    kind: Literal["answer_with"] = "answer_with"
    is_fault: ClassVar[bool] = False
    status: int = Field(200, ge=200, le=599)
    headers: Annotated[Lines, AfterValidator(_sendable)] = Field(default_factory=dict)
    """None is added but for those that frame the body."""
    body: str = Field("", max_length=2 * MAX_BODY, pattern=r"^[A-Za-z0-9+/]*={0,2}$")
    """In base64."""

    async def act(self, exchange: Exchange) -> None:
        """Answer."""
        await exchange.answer(self.status, self.headers, base64.b64decode(self.body))
