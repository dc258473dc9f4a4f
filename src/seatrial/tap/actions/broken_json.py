"""A whole HTTP answer whose JSON stops in the middle."""

import json
from typing import Literal

from seatrial.tap.actions.base import Answering, Exchange


class BrokenJson(Answering):
    """Answers with JSON that is cut in the middle, in an HTTP answer that is whole."""

    kind: Literal["broken_json"] = "broken_json"

    async def act(self, exchange: Exchange) -> None:
        """Answer."""
        await self.changed(exchange, broken)


def broken(body: bytes) -> bytes:
    """The first half of a body, and never valid JSON."""
    half = body[: len(body) // 2]
    try:
        json.loads(half)
    except ValueError:
        return half or b"{"
    return half + b"{"
