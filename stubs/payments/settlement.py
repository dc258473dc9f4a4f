"""Settling: what the acquirer did becomes what the payment is, once."""

import uuid
from collections.abc import Callable

from stubs.database import Database
from stubs.events.publisher import EventPublisher
from stubs.payments import ledger, store
from stubs.payments.acquirer import Charged, Settled
from stubs.payments.store import Kept
from stubs.tracing.tracer import now_iso


def new_id() -> str:
    """An id that nobody else makes."""
    return str(uuid.uuid4())


class Settlement:
    """Writes how a payment ended: its status, the ledger and the event, all or nothing.

    Args:
        database: where it is written.
        publisher: publishes a success.
        committed: called after each change, so that its event is sent soon.
        timestamp: the time now.
    """

    def __init__(
        self,
        database: Database,
        publisher: EventPublisher,
        committed: Callable[[], None] = lambda: None,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._committed = committed
        self._timestamp = timestamp

    async def settle(self, payment_id: str, settled: Settled) -> Kept:
        """The payment after it; one that was settled in between stays as it is."""
        async with self._database.writing() as connection:
            kept = await store.find(connection, payment_id, to_change=True)
            assert kept is not None  # payments are never deleted
            if kept.payment.status != "processing":
                return kept
            now = self._timestamp()
            if isinstance(settled, Charged):
                kept = kept.changed(now, status="succeeded")
                await store.save(connection, kept)
                await self._publisher.publish(
                    connection,
                    "PAYMENT_COMPLETED",
                    payment_id,
                    kept.version,
                    kept.payment.data(),
                )
                await ledger.write(connection, _charge(kept, now), new_id)
            else:
                kept = kept.changed(now, status="failed", decline_reason=settled.reason)
                await store.save(connection, kept)
        self._committed()
        return kept


def _charge(kept: Kept, now: str) -> ledger.Movement:
    payment = kept.payment
    return ledger.Movement(
        transaction_id=new_id(),
        payment_id=payment.id,
        debited=ledger.account_of(payment.payer_id),
        credited=ledger.account_of(payment.receiver_id),
        amount=payment.amount,
        currency=payment.currency,
        at=now,
    )
