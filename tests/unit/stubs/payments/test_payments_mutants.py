"""The machine of `machine.py` finds payments-services with planted defects."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis.errors import Flaky
from sqlalchemy.ext.asyncio import AsyncConnection

from stubs.events.publisher import EventPublisher
from stubs.payments import ledger, service, settlement, store
from stubs.payments.acquirer import HttpAcquirer, Settled
from stubs.payments.schemas import Payment
from stubs.payments.store import Kept
from stubs.web.idempotency import IdempotencyKeys, Once
from tests.unit.stubs.payments.bank import Bank
from tests.unit.stubs.payments.machine import play


@pytest.fixture
def bank(database_url: str, tmp_path: Path) -> Iterator[Bank]:
    """Two payments-services over one empty database."""
    with Bank(database_url, tmp_path) as bank:
        yield bank


class ForgetfulStore:
    """The store, as it would be if a payment's end were never noticed."""

    save = staticmethod(store.save)

    @staticmethod
    async def find(connection: AsyncConnection, payment_id: str, *, to_change: bool) -> Kept:
        """Find it; it is always processing."""
        kept = await store.find(connection, payment_id, to_change=to_change)
        assert kept is not None
        return replace(kept, payment=kept.payment.model_copy(update={"status": "processing"}))


class UnlockedStore:
    """The store, as it would be if rows that are to be changed weren't locked."""

    save = staticmethod(store.save)
    add_refund = staticmethod(store.add_refund)

    @staticmethod
    async def find(
        connection: AsyncConnection, payment_id: str, *, to_change: bool = False
    ) -> Kept | None:
        """Find it; another may change it meanwhile."""
        return await store.find(connection, payment_id)


class CarelessLedger(SimpleNamespace):
    """The ledger, as it would be if refunds were written as charges are."""

    Movement = staticmethod(
        lambda **fields: ledger.Movement(
            **{**fields, "debited": fields["credited"], "credited": fields["debited"]}
        )
    )
    account_of = staticmethod(ledger.account_of)
    write = staticmethod(ledger.write)


async def charge_anew(self: HttpAcquirer, payment: Payment) -> Settled:
    """Charge under another reference each time."""
    return await CHARGE(self, payment.model_copy(update={"id": settlement.new_id()}))


async def work_always(self: IdempotencyKeys, _request: Any, work: Any) -> Any:
    """Work for every request, whatever its key."""
    return await work(Once(self._table, None))


async def publish_twice(self: EventPublisher, *said: Any) -> None:
    """Tell everything twice."""
    for _ in range(2):
        await PUBLISH(self, *said)


async def write_nothing(*_movement: Any) -> None:
    """Write no movement."""


CHARGE, PUBLISH = HttpAcquirer.charge, EventPublisher.publish
MUTANTS: dict[str, tuple[object, str, object]] = {
    "charges under another reference each time": (HttpAcquirer, "charge", charge_anew),
    "settles what is settled": (settlement, "store", ForgetfulStore),
    "refunds more than is left": (Payment, "left", property(lambda self: self.amount)),
    "writes refunds as charges": (service, "ledger", CarelessLedger()),
    "writes no movement": (ledger, "write", write_nothing),
    "keeps no answer": (IdempotencyKeys, "once", work_always),
    "publishes twice": (EventPublisher, "publish", publish_twice),
}


def assert_found(bank: Bank) -> None:
    """The machine finds that something is wrong."""
    with pytest.raises((AssertionError, KeyError, Flaky)):
        play(bank, max_examples=60, stateful_step_count=25)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_machine_finds_a_planted_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])
    with Bank(f"sqlite:///{tmp_path}/payments.sqlite", tmp_path) as bank:
        assert_found(bank)


@pytest.mark.parametrize("new_database", ["postgresql"], indirect=True)
def test_the_machine_finds_rows_that_are_not_locked(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "store", UnlockedStore)
    assert_found(bank)
