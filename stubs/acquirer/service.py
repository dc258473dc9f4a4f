"""Operations of the acquirer; each reference is settled once and for all."""

import asyncio
from collections.abc import Awaitable, Callable

from stubs.acquirer import store
from stubs.acquirer.schemas import Charge, ChargeRequest
from stubs.database import Database
from stubs.tracing.tracer import now_iso

_DECLINES = {"pm_declined": "card_declined"}
_CHARGES = frozenset({"pm_ok", "pm_slow", "pm_charged_no_answer"})


class OtherChargeError(Exception):
    """The reference is another charge's: its amount or currency differ."""


class AcquirerService:
    """Charges.

    Args:
        database: where they are kept, across restarts.
        slow_s: how long `pm_slow` takes before it charges, seconds.
        sleep: waits that many seconds.
        timestamp: the time now.
    """

    def __init__(
        self,
        database: Database,
        slow_s: float,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        timestamp: Callable[[], str] = now_iso,
    ) -> None:
        self._database = database
        self._slow_s = slow_s
        self._sleep = sleep
        self._timestamp = timestamp

    async def charge(self, reference: str, request: ChargeRequest) -> tuple[Charge, bool]:
        """Charge, or say what became of the reference before; and whether it was settled now.

        Raises:
            OtherChargeError: it was settled with another amount or currency.
        """
        known = await self.find(reference)
        if known is None and request.method == "pm_slow":
            await self._sleep(self._slow_s)
        async with self._database.writing() as connection:
            known = await store.find(connection, reference)
            if known is not None:
                _refuse_other(known, request)
                return known, False
            charge = self._settled(reference, request)
            await store.add(connection, charge)
            return charge, True

    async def find(self, reference: str) -> Charge | None:
        """Return what became of the reference; None: nothing yet."""
        async with self._database.reading() as connection:
            return await store.find(connection, reference)

    async def void(self, reference: str) -> Charge:
        """Let the reference never be charged any more; if it is settled already, say how."""
        async with self._database.writing() as connection:
            known = await store.find(connection, reference)
            if known is not None:
                return known
            charge = Charge(reference=reference, status="voided", created_at=self._timestamp())
            await store.add(connection, charge)
            return charge

    async def all_charged(self) -> list[Charge]:
        """Every charge that moved money."""
        async with self._database.reading() as connection:
            return await store.all_charged(connection)

    def _settled(self, reference: str, request: ChargeRequest) -> Charge:
        charged = request.method in _CHARGES
        return Charge(
            reference=reference,
            status="charged" if charged else "declined",
            amount=request.amount,
            currency=request.currency,
            reason=None if charged else _DECLINES.get(request.method, "unknown_method"),
            created_at=self._timestamp(),
        )


def _refuse_other(known: Charge, request: ChargeRequest) -> None:
    if known.status == "voided":
        return
    if (known.amount, known.currency) != (request.amount, request.currency):
        raise OtherChargeError(known.reference)
