"""The states of payments-service, and what makes it send its messages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from seatrial.pacts import Message, Messages, States

if TYPE_CHECKING:
    from fastapi import FastAPI

    from contracts.states.published import Published
    from contracts.states.shipped.peers import Peers
    from stubs.database import Database

_EVENTS = "payment.events"
_AT = "2026-01-01T12:00:00.000Z"
_SOON_S = 5.0
_POLL_S = 0.002


@dataclass
class PaymentsSubject:
    """The things that the states change: the service, its database, and those whom it asks.

    Attributes:
        app: the application; what it does by itself is asked of it.
        database: its own.
        peers: whom it asks.
        empty_bank: makes the acquirer forget; it charges a payment's id once and for all.
        running: requests that are still worked for.
    """

    app: FastAPI
    database: Database
    peers: Peers
    empty_bank: Callable[[], Awaitable[None]]
    running: list[asyncio.Task[Any]] = field(default_factory=list)

    async def forget(self) -> None:
        """End what still runs, and forget everybody."""
        self.peers.forget()
        users = self.app.state.payments.peers.users  # it remembers who exists, and who doesn't
        for cache in (users.users, users.profiles):
            cache.clear()
        await asyncio.gather(*self.running, return_exceptions=True)
        self.running.clear()
        await self.empty_bank()

    async def ask(self, path: str, body: object = None, key: str | None = None) -> Any:
        """Post to the service itself; returns the answer's JSON.

        Raises:
            RuntimeError: it refused.
        """
        import httpx

        headers = {} if key is None else {"idempotency-key": key}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            answer = await http.post(path, json=body, headers=headers)
        if not answer.is_success:
            raise RuntimeError(f"POST {path} was answered {answer.status_code}: {answer.text}")
        return answer.json()

    async def put(self, status: str, params: Mapping[str, Any]) -> None:
        """Keep a payment in this status; the parameters are its fields as on the wire."""
        from stubs.payments import Payment, store

        declined = params.get("declineReason")
        fields = {name: value for name, value in params.items() if name != "declineReason"}
        defaults = {
            "payerId": "usr_company",
            "receiverId": "usr_va",
            "amount": 5000,
            "currency": "EUR",
            "refundedAmount": 0,
        }
        times = {"createdAt": _AT, "updatedAt": _AT}
        payment = Payment.model_validate({**defaults, **times, **fields, "status": status})
        known = {each.alias for each in Payment.model_fields.values()}
        if unknown := fields.keys() - known:
            raise ValueError(f"a payment has no {', '.join(sorted(unknown))}; mend the parameters")
        async with self.database.writing() as connection:
            await store.save(connection, store.Kept(payment, decline_reason=declined))


PAYMENTS_STATES: States[PaymentsSubject] = States("payments-service")
PAYMENTS_MESSAGES: Messages[Published[PaymentsSubject]] = Messages("payments-service")


@PAYMENTS_STATES.handler("users exist")
async def users_exist(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """The users with these `ids` exist."""
    subject.peers.users.update(dict.fromkeys(params["ids"], "company"))


@PAYMENTS_STATES.handler("user-service is down")
async def user_service_is_away(subject: PaymentsSubject, _params: Mapping[str, Any]) -> None:
    """Whether a user exists can't be known."""
    subject.peers.away.add("user-service")


@PAYMENTS_STATES.handler("the acquirer is down")
async def the_acquirer_is_away(subject: PaymentsSubject, _params: Mapping[str, Any]) -> None:
    """Whether a payment is charged can't be known."""
    subject.peers.away.add("acquirer")


@PAYMENTS_STATES.handler("an intent was made")
async def an_intent_was_made(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """The intent with the fields `intent` was made under the key `key`."""
    intent = params["intent"]
    await users_exist(subject, {"ids": [intent["payerId"], intent["receiverId"]]})
    await subject.ask("/payments/intent", intent, params["key"])


@PAYMENTS_STATES.handler("a payment is pending")
async def a_payment_is_pending(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """A payment with the `id` and fields of the parameters was agreed on."""
    await subject.put("pending", params)


@PAYMENTS_STATES.handler("a payment was declined")
async def a_payment_was_declined(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """A payment whose card was refused, for the reason `declineReason`."""
    await subject.put("failed", params)


@PAYMENTS_STATES.handler("a payment succeeded")
async def a_payment_succeeded(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """A payment that was charged; in part given back where `refundedAmount` says so."""
    partly = params.get("refundedAmount", 0)
    await subject.put("partially_refunded" if partly else "succeeded", params)


@PAYMENTS_STATES.handler("a payment was refunded")
async def a_payment_was_refunded(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """A payment all of which was given back."""
    await subject.put("refunded", {**params, "refundedAmount": params.get("amount", 5000)})


@PAYMENTS_STATES.handler("a payment is being processed")
async def a_payment_is_being_processed(subject: PaymentsSubject, params: Mapping[str, Any]) -> None:
    """The payment `id` is being processed under the key `key`; the acquirer hasn't answered yet."""
    subject.peers.silent.add("acquirer")
    await subject.put("pending", {"id": params["id"]})
    work = subject.ask(f"/payments/{params['id']}/process", key=params["key"])
    subject.running.append(asyncio.create_task(work))
    await _until_processing(subject, params["id"])


async def _until_processing(subject: PaymentsSubject, payment_id: str) -> None:
    from stubs.payments import store

    async with asyncio.timeout(_SOON_S):
        while True:
            async with subject.database.reading() as connection:
                kept = await store.find(connection, payment_id)
            if kept is not None and kept.payment.status == "processing":
                return
            await asyncio.sleep(_POLL_S)


@PAYMENTS_MESSAGES.producer("a payment was completed")
async def a_payment_was_completed(published: Published[PaymentsSubject]) -> Message:
    """PAYMENT_COMPLETED of the payment `pay_1`, which a state made."""
    return await published.by(_EVENTS, lambda subject: subject.ask("/payments/pay_1/process"))


@PAYMENTS_MESSAGES.producer("a payment was refunded in part")
async def a_payment_was_refunded_in_part(published: Published[PaymentsSubject]) -> Message:
    """PAYMENT_REFUNDED of a part of the payment `pay_1`, which a state made."""
    body = {"reason": "late", "amount": 1000}
    return await published.by(_EVENTS, lambda subject: subject.ask("/payments/pay_1/refund", body))
