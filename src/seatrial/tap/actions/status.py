"""An answer with a status of the plan's choice; the provider isn't asked."""

import json
import time
from email.utils import formatdate
from http import HTTPStatus
from math import ceil
from typing import Literal

from pydantic import Field, JsonValue

from seatrial.tap.actions.base import Action, AnswerHeaders, Exchange, Seconds


class Status(Action):
    """Answers with a status (503, or 429 with Retry-After); the provider isn't asked."""

    kind: Literal["status"] = "status"
    status: int = Field(503, ge=200, le=599)
    headers: AnswerHeaders = Field(default_factory=dict)
    retry_after_s: int | None = Field(None, ge=0, le=86_400)
    """Said in `Retry-After`, where `headers` don't have one."""
    retry_after_date_s: float | None = Field(None, ge=0, le=86_400)
    """Said there as the date, rounded up to a whole second, that is N seconds away."""
    json_body: JsonValue = Field(None, alias="json")
    """The body; without one it is a problem document that names the status."""
    delay_s: Seconds = 0.0
    """It is said this late."""

    async def act(self, exchange: Exchange) -> None:
        """Answer."""
        retry_after = self._retry_after()
        headers = {"content-type": "application/json"} | retry_after | self.headers
        if "json_body" in self.model_fields_set:
            body = self.json_body
        else:
            headers = {"content-type": "application/problem+json"} | retry_after | self.headers
            body = {"type": "about:blank", "title": _title(self.status), "status": self.status}
        await exchange.sleep(self.delay_s)
        await exchange.answer(self.status, headers, json.dumps(body).encode())

    def _retry_after(self) -> dict[str, str]:
        if self.retry_after_date_s is not None:
            at_s = ceil(time.time() + self.retry_after_date_s)
            return {"retry-after": formatdate(at_s, usegmt=True)}
        return {} if self.retry_after_s is None else {"retry-after": str(self.retry_after_s)}


def _title(status: int) -> str:
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Fault"
