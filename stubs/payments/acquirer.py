"""The acquirer, as payments-service sees it: who moves the money, in a process of its own."""

import asyncio
from dataclasses import dataclass
from typing import Literal, Protocol

import httpx
from pydantic import BaseModel, ValidationError

from stubs.clients.calls import needs_certificates, segment
from stubs.health import Check, live_check
from stubs.payments.schemas import Payment
from stubs.tracing import trace_headers

DEFAULT_METHOD = "pm_ok"


@dataclass(frozen=True)
class Charged:
    """The money was moved."""


@dataclass(frozen=True)
class Declined:
    """The money was not moved, and never will be for this payment."""

    reason: str


Settled = Charged | Declined


class AcquirerDown(Exception):  # noqa: N818 - what happened, and not an error of ours
    """It can't be known now whether the money was moved; the text says why."""


class Acquirer(Protocol):
    """Settles payments. The payment's id is the reference: each is settled once and for all.

    Every method may raise `AcquirerDown`.
    """

    async def charge(self, payment: Payment) -> Settled:
        """Move the money, or say what became of it when this was asked before."""

    async def find(self, payment_id: str) -> Settled | None:
        """Return what became of it; None: nothing yet."""

    async def void(self, payment_id: str) -> Settled:
        """Make sure that the money isn't moved any more; if it was settled before, say how."""


class _Charge(BaseModel):
    status: Literal["charged", "declined", "voided"]
    reason: str = "declined"


class HttpAcquirer:
    """The acquirer over HTTP.

    Args:
        base_url: without a slash at its end.
        ask_s: how long an answer is waited for, seconds.
        transport: what requests go through; httpx's own unless given.
    """

    def __init__(
        self, base_url: str, ask_s: float, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._ask_s = ask_s
        self._base_url = base_url
        # The whole answer is waited for no longer than ask_s: httpx bounds each read alone.
        self._http = httpx.AsyncClient(
            base_url=base_url,
            timeout=ask_s,
            transport=transport,
            trust_env=False,
            verify=needs_certificates(base_url),
        )

    async def charge(self, payment: Payment) -> Settled:
        """Move the money, or say what became of it when this was asked before."""
        body = {
            "amount": payment.amount,
            "currency": payment.currency,
            "method": payment.payment_method or DEFAULT_METHOD,
        }
        return _settled(_read(await self._ask("PUT", payment.id, body)))

    async def find(self, payment_id: str) -> Settled | None:
        """Return what became of it; None: nothing yet."""
        answer = await self._ask("GET", payment_id)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return _settled(_read(answer))

    async def void(self, payment_id: str) -> Settled:
        """Make sure that the money isn't moved any more; if it was settled before, say how."""
        return _settled(_read(await self._ask("DELETE", payment_id)))

    def check(self) -> Check:
        """A health check that asks whether it lives."""
        return live_check(self._http, self._base_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(self, method: str, payment_id: str, body: object = None) -> httpx.Response:
        path = f"/charges/{segment(payment_id)}"
        try:
            async with asyncio.timeout(self._ask_s):
                return await self._http.request(method, path, json=body, headers=trace_headers())
        except TimeoutError:
            raise AcquirerDown(f"no answer within {self._ask_s:g} s") from None
        except httpx.HTTPError as error:
            raise AcquirerDown(f"{type(error).__name__} {error}".strip()) from error


def _read(answer: httpx.Response) -> _Charge:
    if answer.status_code != httpx.codes.OK:
        raise AcquirerDown(f"answered {answer.status_code}")
    try:
        return _Charge.model_validate_json(answer.content)
    except ValidationError as error:
        raise AcquirerDown("answered what can't be read") from error


def _settled(charge: _Charge) -> Settled:
    if charge.status == "charged":
        return Charged()
    return Declined("voided" if charge.status == "voided" else charge.reason)
