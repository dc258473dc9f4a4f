"""The back office: people who charge payments, give money back, and see what became of it.

It charges and gives back by the services' own client of payments-service; here is its board.
"""

import json
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class NotUnderstoodError(Exception):
    """A message that the board can't read."""


class _Read(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )


class _Data(_Read):
    status: str
    amount: int
    currency: str
    refunded_amount: int


class _Event(_Read):
    type: str
    payment_id: str
    version: int
    data: _Data


@dataclass(frozen=True)
class Line:
    """One payment on the board."""

    what: str
    status: str
    amount: int
    currency: str
    refunded: int


class PaymentBoard:
    """Shows the newest of every payment, as `payment.events` tells it."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self._versions: dict[str, int] = {}

    async def handle(self, message: bytes) -> None:
        """Take a message; an older one than the one shown changes nothing.

        Raises:
            NotUnderstoodError: it can't be read.
        """
        try:
            event = _Event.model_validate(json.loads(message))
        except ValueError as error:
            raise NotUnderstoodError(str(error)) from error
        what = {"PAYMENT_COMPLETED": "charged", "PAYMENT_REFUNDED": "given back"}.get(event.type)
        if what is None:
            raise NotUnderstoodError(f"nobody knows the type {event.type!r}")
        if event.version <= self._versions.get(event.payment_id, 0):
            return
        data = event.data
        self._versions[event.payment_id] = event.version
        self.lines[event.payment_id] = Line(
            what, data.status, data.amount, data.currency, data.refunded_amount
        )
