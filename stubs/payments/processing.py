"""Processing a payment.

`processing` is written before the acquirer is asked. Once it is asked the answer is waited for,
whatever becomes of the request that wanted it.
"""

import asyncio
import time
from collections.abc import Callable

from stubs.database import Database
from stubs.payments import store
from stubs.payments.acquirer import Acquirer, AcquirerDown
from stubs.payments.settlement import Settlement
from stubs.payments.store import Kept
from stubs.tracing import Tracer, current_trace_id
from stubs.tracing.tracer import now_iso


class Processing:
    """Charges payments.

    A payment that is processing already is asked about again: the acquirer charges a reference
    once, and its second answer is that of the first.

    Args:
        database: where the payments are.
        acquirer: who moves the money.
        settlement: writes how it ended.
        tracer: where it is written when the acquirer gives no answer.
        timestamp: the time now.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        acquirer: Acquirer,
        settlement: Settlement,
        tracer: Tracer,
        *,
        timestamp: Callable[[], str] = now_iso,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._acquirer = acquirer
        self._settlement = settlement
        self._tracer = tracer
        self._timestamp = timestamp
        self._clock = clock
        self._charging: dict[str, asyncio.Task[Kept]] = {}

    async def process(self, payment_id: str) -> Kept | None:
        """The payment once it is settled, now or before; None when there is none.

        Raises:
            AcquirerDown: it can't be known now whether it was charged; it stays `processing`.
        """
        kept = await self._begin(payment_id)
        if kept is None or kept.payment.status != "processing":
            return kept
        return await self._charged(kept)

    async def finish(self) -> None:
        """Wait for what the acquirer was asked."""
        await asyncio.gather(*self._charging.values(), return_exceptions=True)

    async def _begin(self, payment_id: str) -> Kept | None:
        """Make a pending payment processing; committed when this returns."""
        async with self._database.writing() as connection:
            kept = await store.find(connection, payment_id, to_change=True)
            if kept is None or kept.payment.status != "pending":
                return kept
            since_ms = int(self._clock() * 1000)
            kept = kept.changed(
                self._timestamp(),
                status="processing",
                processing_since_ms=since_ms,
                trace_id=current_trace_id(),
            )
            await store.save(connection, kept)
            return kept

    async def _charged(self, kept: Kept) -> Kept:
        """Ask, or wait for who asks already; a caller that goes away stops nothing."""
        payment_id = kept.payment.id
        charging = self._charging.get(payment_id)
        if charging is None:
            charging = asyncio.create_task(self._charge(kept))
            self._charging[payment_id] = charging
            charging.add_done_callback(lambda task: self._forget(payment_id, task))
        return await asyncio.shield(charging)

    async def _charge(self, kept: Kept) -> Kept:
        try:
            settled = await self._acquirer.charge(kept.payment)
        except AcquirerDown as error:
            self._tracer.event("acquirer_down", paymentId=kept.payment.id, error=str(error))
            raise
        return await self._settlement.settle(kept.payment.id, settled)

    def _forget(self, payment_id: str, charging: asyncio.Task[Kept]) -> None:
        del self._charging[payment_id]
        if not charging.cancelled():
            charging.exception()  # whoever waited has it; nobody may have
