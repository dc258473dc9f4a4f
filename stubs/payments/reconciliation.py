"""Reconciliation: finds out how payments ended that a crash or a lost answer left `processing`."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from stubs.database import Database
from stubs.payments import store
from stubs.payments.acquirer import Acquirer, Settled
from stubs.payments.lease import Lease
from stubs.payments.settlement import Settlement
from stubs.payments.store import Kept
from stubs.tracing import Tracer, traced

_SIDE_BY_SIDE = 10


class Reconciliation:
    """Asks the acquirer what became of each, at the start and from time to time.

    It never begins a charge: nobody may be waiting for it any more. What the acquirer doesn't know
    is voided there once it is old enough, so that an ask that is still on its way can't charge it
    later, and has failed then.

    Args:
        database: where the payments are.
        acquirer: who knows.
        settlement: writes how it ended.
        lease: whose holder does it; longer than what two questions to the acquirer take.
        tracer: where it is written what was found out, and what couldn't be.
        every_s: seconds between two rounds.
        give_up_s: so long after it was first asked a payment that the acquirer doesn't know fails.
        clock: seconds since 1970.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        database: Database,
        acquirer: Acquirer,
        settlement: Settlement,
        lease: Lease,
        tracer: Tracer,
        *,
        every_s: float = 1.0,
        give_up_s: float = 30.0,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._acquirer = acquirer
        self._settlement = settlement
        self._lease = lease
        self._tracer = tracer
        self._every_s = every_s
        self._give_up_s = give_up_s
        self._clock = clock
        self._sleep = sleep
        self.settled = 0
        """Payments whose end was found out here."""

    async def run(self) -> None:
        """Work until cancelled; an error is written, and the next round begins."""
        while True:
            try:
                await self.round()
            except Exception as error:  # noqa: BLE001 - nothing may end this unnoticed
                self._tracer.event("reconciliation_failed", error=str(error))
            await self._sleep(self._every_s)

    async def round(self) -> None:
        """Ask about every payment that is processing now."""
        after = ""
        while batch := await self._next(after):
            # Renewed for each batch, and so small that it lasts longer than one takes.
            if not await self._lease.take():
                return
            await asyncio.gather(*map(self._reconcile, batch))
            after = batch[-1].payment.id

    async def _next(self, after: str) -> list[Kept]:
        async with self._database.reading() as connection:
            return await store.find_processing(connection, after, _SIDE_BY_SIDE)

    async def _reconcile(self, kept: Kept) -> None:
        """Settle one, in the trace of who asked; what goes wrong keeps no other waiting."""
        payment_id = kept.payment.id
        with traced(kept.trace_id):
            try:
                settled = await self._find(kept)
                if settled is None:
                    return
                after = await self._settlement.settle(payment_id, settled)
            except Exception as error:  # noqa: BLE001 - written, and tried again in the next round
                self._tracer.event("payment_not_reconciled", paymentId=payment_id, error=str(error))
                return
            self.settled += 1
            self._tracer.event(
                "payment_reconciled", paymentId=payment_id, status=after.payment.status
            )

    async def _find(self, kept: Kept) -> Settled | None:
        settled = await self._acquirer.find(kept.payment.id)
        age_s = self._clock() - (kept.processing_since_ms or 0) / 1000
        if settled is None and age_s >= self._give_up_s:
            return await self._acquirer.void(kept.payment.id)
        return settled
