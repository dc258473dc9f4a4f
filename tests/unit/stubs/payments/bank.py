"""Two payments-services over one database, in this process, and what they should know."""

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from fastapi import FastAPI
from sqlalchemy import MetaData, delete

from stubs.acquirer import store as acquirer_store
from stubs.acquirer.app import AcquirerSettings
from stubs.acquirer.app import create_app as create_acquirer
from stubs.database import Database
from stubs.payments import tables
from stubs.payments.app import create_app
from stubs.tracing import Tracer
from tests.unit.stubs.in_process import serving
from tests.unit.stubs.payments.conftest import read_ledger, settings_of
from tests.unit.stubs.payments.neighbours import Neighbours

_T = TypeVar("_T")
# One waits for whoever asks again; the other, when it reconciles, gives up at once.
GIVE_UP_S = (3600.0, 0.0)


@dataclass
class Known:
    """Facts that should be so of one payment.

    Attributes:
        amount: minor units.
        currency: ISO 4217.
        method: what the payer pays with.
        status: the payment's.
        acquirer: what the acquirer made of it: `charged`, `declined`, `voided`; None: nothing yet.
        refunds: the amounts that were given back.
    """

    amount: int
    currency: str
    method: str
    status: str = "pending"
    acquirer: str | None = None
    refunds: list[int] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Return what can still be refunded."""
        return self.amount - sum(self.refunds)

    def ask_acquirer(self, fault: str | None) -> bool:
        """The acquirer is asked to charge; whether its answer comes back."""
        self.status = "processing"
        if fault in ("refused", "late"):
            return False
        return self.reach_acquirer() and fault != "lost"

    def reach_acquirer(self) -> bool:
        """The request to charge arrives; whether it is answered."""
        is_first = self.acquirer is None
        if is_first:
            self.acquirer = "declined" if self.method == "pm_declined" else "charged"
        return not (is_first and self.method == "pm_charged_no_answer")

    def learn(self) -> None:
        """Let what the acquirer made of it be known."""
        self.status = "succeeded" if self.acquirer == "charged" else "failed"

    def refund(self, amount: int | None) -> int:
        """A refund is asked for; the status that it is answered with."""
        wanted = self.left if amount is None else amount
        if self.status not in ("succeeded", "partially_refunded") or wanted > self.left:
            return 409
        self.refunds.append(wanted)
        self.status = "partially_refunded" if self.left else "refunded"
        return 200

    def movements(self, payment_id: str) -> list[tuple[str, str, str, str, int, str]]:
        """Return what the ledger should say of it."""
        if self.status not in ("succeeded", "partially_refunded", "refunded"):
            return []
        moved = [("usr_c", "usr_v", self.amount)]
        moved += [("usr_v", "usr_c", amount) for amount in self.refunds]
        return [
            (payment_id, direction, f"user:{user}", "", amount, self.currency)
            for payer, receiver, amount in moved
            for direction, user in (("debit", payer), ("credit", receiver))
        ]


class Bank:
    """The services, their acquirer, and a loop to ask them in; a context manager.

    Args:
        database_url: what both services share.
        folder: for the acquirer's own database.
    """

    def __init__(self, database_url: str, folder: Path) -> None:
        self._database_url = database_url
        self._acquirer_url = f"sqlite:///{folder}/acquirer.sqlite"
        self._runner = asyncio.Runner()
        self._serving = [AsyncExitStack(), AsyncExitStack()]
        self._acquiring = AsyncExitStack()
        self.apps: list[FastAPI] = []
        self.clients: list[httpx.AsyncClient] = []

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do it in the services' loop."""
        return self._runner.run(work)

    def __enter__(self) -> Self:
        self.run(self._open())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.run(self._close())
        self._runner.close()

    async def _open(self) -> None:
        settings = AcquirerSettings(self._acquirer_url, slow_s=0.0)
        acquirer = create_acquirer(settings, Tracer("acquirer", lambda _line: None))
        await self._acquiring.enter_async_context(acquirer.router.lifespan_context(acquirer))
        self.neighbours = Neighbours(acquirer)
        for number in range(2):
            await self._serve(number)

    async def _close(self) -> None:
        for stack in (*self._serving, self._acquiring):
            await stack.aclose()

    async def _serve(self, number: int) -> None:
        settings = settings_of(self._database_url, give_up_s=GIVE_UP_S[number])
        app = create_app(
            settings, Tracer("payments", lambda _line: None), transport=self.neighbours
        )
        app.state.payments.reconciliation.run = _never  # rounds are made by hand
        client = await self._serving[number].enter_async_context(serving(app))
        self.apps[number : number + 1] = [app]
        self.clients[number : number + 1] = [client]

    async def restart(self, number: int) -> None:
        """Another process takes the place of one; it reconciles at once."""
        await self._serving[number].aclose()
        await self._serve(number)
        await self.reconcile(number)

    async def reconcile(self, number: int) -> None:
        """One round, by this one; whoever is next finds the lease free."""
        payments = self.apps[number].state.payments
        await payments.reconciliation.round()
        await payments._lease.give_back()

    async def empty(self) -> None:
        """As if nothing had ever happened."""
        for url, metadata in (
            (self._database_url, tables.METADATA),
            (self._acquirer_url, acquirer_store.METADATA),
        ):
            await _empty(url, metadata)

    async def movements(self) -> Counter[tuple[str, str, str, str, int, str]]:
        """Return what the ledger says, its transactions checked to be pairs."""
        entries = await read_ledger(self.clients[0])
        pairs: dict[str, list[dict[str, Any]]] = {}
        for entry in entries:
            pairs.setdefault(entry["transactionId"], []).append(entry)
        for pair in pairs.values():
            assert [each["direction"] for each in pair] == ["credit", "debit"], pair
            assert len({(e["paymentId"], e["amount"], e["currency"]) for e in pair}) == 1, pair
        return Counter(
            (e["paymentId"], e["direction"], e["account"], "", e["amount"], e["currency"])
            for e in entries
        )

    async def events(self) -> dict[str, list[tuple[str, int]]]:
        """Return each payment's events in order: the type, and what was refunded then."""
        database = self.apps[0].state.payments._database
        async with database.reading() as connection:
            entries = await tables.OUTBOX.waiting(connection, 10_000)
        published: dict[str, list[tuple[str, int]]] = {}
        versions: dict[str, int] = {}
        for message in (json.loads(entry.message) for entry in entries):
            payment_id, version = message["paymentId"], message["version"]
            assert version == versions.get(payment_id, version - 1) + 1, message
            versions[payment_id] = version
            refunded = message["data"]["refundedAmount"]
            published.setdefault(payment_id, []).append((message["type"], refunded))
        return published


async def _never() -> None:
    """Do nothing."""


async def _empty(url: str, metadata: MetaData) -> None:
    database = Database(url)
    async with database.writing() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(delete(table))
    await database.close()
