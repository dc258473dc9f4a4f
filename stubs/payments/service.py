"""Operations on payments."""

import asyncio
import re
from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.database import Database
from stubs.events.publisher import EventPublisher
from stubs.payments import ledger, store
from stubs.payments.processing import Processing
from stubs.payments.schemas import (
    LedgerEntry,
    Payment,
    PaymentIntentRequest,
    Refund,
    RefundRequest,
)
from stubs.payments.settlement import new_id
from stubs.payments.store import Kept
from stubs.tracing.tracer import now_iso

_ID = re.compile(r"[A-Za-z0-9._~-]{1,64}", re.ASCII)

_MADE = TypeVar("_MADE", contravariant=True)


class Keep(Protocol[_MADE]):
    """Writes what else belongs into the transaction that makes something."""

    async def __call__(self, connection: AsyncConnection, made: _MADE, /) -> None:
        """Write it; an error undoes all."""


class PaymentNotFoundError(Exception):
    """No payment has this id."""


class UnknownUsersError(Exception):
    """These fields name users that don't exist."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class DeclinedError(Exception):
    """The acquirer refused the payment; the text is its reason."""


class RefusedError(Exception):
    """The payment's state doesn't allow it; the text says why, in one sentence."""


class Users(Protocol):
    """Who can pay and be paid."""

    async def get_basic_profile(self, user_id: str) -> object | None:
        """The user; None when there is none.

        Raises:
            ServiceError: it can't be known.
        """


async def _nothing(_connection: AsyncConnection, _made: Payment | Refund) -> None:
    """Nothing else belongs to the change."""


class PaymentService:
    """Payments, their refunds and the ledger.

    Args:
        database: where they are kept.
        users: asked whether payer and receiver exist.
        processing: charges.
        publisher: publishes a refund.
        committed: called after each change, so that its event is sent soon.
        timestamp: the time now.
    """

    def __init__(
        self,
        database: Database,
        users: Users,
        processing: Processing,
        publisher: EventPublisher,
        committed: Callable[[], None] = lambda: None,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self._database = database
        self._users = users
        self._processing = processing
        self._publisher = publisher
        self._committed = committed
        self._timestamp = timestamp

    async def create_intent(
        self, request: PaymentIntentRequest, keep: Keep[Payment] = _nothing
    ) -> Payment:
        """Agree on a payment.

        Args:
            request: what is agreed on.
            keep: writes what else belongs into the same transaction.

        Raises:
            UnknownUsersError: payer or receiver don't exist.
            ServiceError: it can't be known whether they do.
        """
        await self._refuse_unknown(request)
        now = self._timestamp()
        payment = Payment(
            id=new_id(),
            status="pending",
            refunded_amount=0,
            created_at=now,
            updated_at=now,
            **request.model_dump(),
        )
        async with self._database.writing() as connection:
            await store.save(connection, Kept(payment))
            await keep(connection, payment)
        return payment

    async def get(self, payment_id: str) -> Payment:
        """The payment with this id.

        Raises:
            PaymentNotFoundError: there is none, or it can't be an id.
        """
        _refuse_malformed(payment_id)
        async with self._database.reading() as connection:
            return _found(await store.find(connection, payment_id)).payment

    async def process(self, payment_id: str) -> Payment:
        """Charge the payment; one that was charged before is returned again.

        Raises:
            PaymentNotFoundError: there is none with this id.
            RefusedError: it was refunded, also in part.
            DeclinedError: the acquirer refused it, now or before.
            AcquirerDown: it can't be known now; it stays `processing`, and is charged at most once.
        """
        _refuse_malformed(payment_id)
        kept = _found(await self._processing.process(payment_id))
        if kept.payment.status in ("refunded", "partially_refunded"):
            raise RefusedError("The payment was refunded already.")
        if kept.payment.status == "failed":
            raise DeclinedError(kept.decline_reason)
        return kept.payment

    async def refund(
        self, payment_id: str, request: RefundRequest, keep: Keep[Refund] = _nothing
    ) -> Refund:
        """Give money back.

        Args:
            payment_id: of the payment.
            request: why, and how much.
            keep: writes what else belongs into the same transaction.

        Raises:
            PaymentNotFoundError: there is none with this id.
            RefusedError: it hasn't succeeded, or less is left.
        """
        _refuse_malformed(payment_id)
        async with self._database.writing() as connection:
            kept = _found(await store.find(connection, payment_id, to_change=True))
            refund = self._refund_of(kept.payment, request)
            await self._write_refund(connection, kept, refund)
            await keep(connection, refund)
        self._committed()
        return refund

    async def read_ledger(
        self, before: int | None, limit: int
    ) -> tuple[list[LedgerEntry], int | None]:
        """A page of the ledger; see `ledger.read`."""
        async with self._database.reading() as connection:
            return await ledger.read(connection, before, limit)

    async def _refuse_unknown(self, request: PaymentIntentRequest) -> None:
        asked = {"payerId": request.payer_id, "receiverId": request.receiver_id}
        found = await asyncio.gather(*map(self._users.get_basic_profile, asked.values()))
        unknown = [field for field, user in zip(asked, found, strict=True) if user is None]
        if unknown:
            raise UnknownUsersError(unknown)

    def _refund_of(self, payment: Payment, request: RefundRequest) -> Refund:
        if payment.status not in ("succeeded", "partially_refunded"):
            raise RefusedError(f"Only a succeeded payment is refunded; this is {payment.status}.")
        amount = payment.left if request.amount is None else request.amount
        if amount > payment.left:
            raise RefusedError(f"Only {payment.left} of {payment.amount} are left to refund.")
        return Refund(
            id=new_id(),
            payment_id=payment.id,
            amount=amount,
            currency=payment.currency,
            reason=request.reason,
            created_at=self._timestamp(),
        )

    async def _write_refund(self, connection: AsyncConnection, kept: Kept, refund: Refund) -> None:
        payment = kept.payment
        total = payment.refunded_amount + refund.amount
        kept = kept.changed(
            refund.created_at,
            status="refunded" if total == payment.amount else "partially_refunded",
            refunded_amount=total,
        )
        await store.save(connection, kept)
        await store.add_refund(connection, refund)
        data = {**kept.payment.data(), "refund": refund.data()}
        await self._publisher.publish(
            connection, "PAYMENT_REFUNDED", payment.id, kept.version, data
        )
        # The charge's pair the other way round.
        movement = ledger.Movement(
            transaction_id=refund.id,
            payment_id=payment.id,
            debited=ledger.account_of(payment.receiver_id),
            credited=ledger.account_of(payment.payer_id),
            amount=refund.amount,
            currency=refund.currency,
            at=refund.created_at,
        )
        await ledger.write(connection, movement, new_id)


def _refuse_malformed(payment_id: str) -> None:
    if not _ID.fullmatch(payment_id):
        raise PaymentNotFoundError(payment_id)


def _found(kept: Kept | None) -> Kept:
    if kept is None:
        raise PaymentNotFoundError
    return kept
