"""The back office: people who charge payments and give money back."""

import json
from dataclasses import dataclass
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel


class _Read(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )


class Charged(_Read):
    """A payment as a person sees it."""

    id: str
    status: str
    amount: int
    currency: str


class GivenBack(_Read):
    """A refund as a person sees it."""

    id: str
    payment_id: str
    amount: int
    currency: str


class _Decline(_Read):
    decline_reason: str


@dataclass(frozen=True)
class Refusal:
    """Why it wasn't done.

    Attributes:
        status: 402, 404, 409, 422 or 503.
        reason: why the card was declined.
        again_in_s: when it may be asked again, seconds; None: not at all.
    """

    status: int
    reason: str | None = None
    again_in_s: int | None = None


class NotUnderstoodError(Exception):
    """The service answered what the back office can't read."""


_M = TypeVar("_M", bound=BaseModel)
_REFUSALS = frozenset({402, 404, 409, 422, 503})


class BackOffice:
    """Asks payments-service.

    Args:
        base_url: of the service.
        transport: what requests go through; httpx's own unless given.
    """

    def __init__(self, base_url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(
            base_url=base_url, timeout=10.0, transport=transport, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def charge(self, payment_id: str, *, key: str) -> Charged | Refusal:
        """Process a payment.

        Raises:
            NotUnderstoodError: the answer makes no sense.
        """
        answer = await self._post(f"/payments/{payment_id}/process", key, None)
        return _refusal(answer) or _read(Charged, answer)

    async def give_back(
        self, payment_id: str, reason: str, amount: int | None = None, *, key: str
    ) -> GivenBack | Refusal:
        """Refund a payment, or a part of it.

        Raises:
            NotUnderstoodError: the answer makes no sense.
        """
        body: dict[str, object] = {"reason": reason}
        if amount is not None:
            body["amount"] = amount
        answer = await self._post(f"/payments/{payment_id}/refund", key, body)
        return _refusal(answer) or _read(GivenBack, answer)

    async def _post(self, path: str, key: str, body: object) -> httpx.Response:
        headers = {"idempotency-key": f'"{key}"'}
        return await self._http.post(path, json=body, headers=headers)


def _refusal(answer: httpx.Response) -> Refusal | None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return None
    if status not in _REFUSALS:
        raise NotUnderstoodError(f"status {status}")
    reason = _read(_Decline, answer).decline_reason if status == 402 else None
    wait = answer.headers.get("retry-after")
    if status == httpx.codes.SERVICE_UNAVAILABLE and wait is None:
        raise NotUnderstoodError("503 without Retry-After: nobody knows when to ask again")
    return Refusal(status, reason, None if wait is None else _seconds(wait))


def _seconds(wait: str) -> int:
    if not wait.isdecimal():
        raise NotUnderstoodError(f"Retry-After is {wait!r}")
    return int(wait)


def _read(model: type[_M], answer: httpx.Response) -> _M:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise NotUnderstoodError(str(error)) from error


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
