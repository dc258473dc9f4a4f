"""payments-service is killed (-9) at each point of a charge and of a refund.

Afterwards every payment has one end, what the acquirer charged is what the ledger says, and who
asks again under the same key gets one answer for one effect.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
import pytest

from seatrial.system import Process, Session
from stubs.database import Database
from stubs.payments import store, tables
from stubs.payments.schemas import Payment
from tests.integration.stubs.reference import ROOT, eventually

AMOUNT = 5000


@dataclass
class Bank:
    """payments-service over one database, whoever serves it now, and its acquirer."""

    session: Session
    database_url: str
    acquirer_url: str
    http: httpx.Client

    def start(self, module: str = "stubs.payments", **environment: str) -> tuple[Process, str]:
        """Start a payments-service; also one that parks."""
        process = self.session.start(
            "payments-service",
            ["python", "-m", module],
            env={
                "DATABASE_URL": self.database_url,
                "ACQUIRER_URL": self.acquirer_url,
                "ACQUIRER_GIVE_UP_S": "1",
                "RECONCILE_EVERY_S": "0.2",
                **environment,
            },
            cwd=ROOT,
        )
        return process, process.wait_listening(60)["url"]

    def payment(self, url: str, payment_id: str) -> dict[str, Any]:
        """A payment."""
        found: dict[str, Any] = self.http.get(f"{url}/payments/{payment_id}").json()
        return found

    def charged(self) -> Counter[str]:
        """Return how often the acquirer charged each reference."""
        charges = self.http.get(f"{self.acquirer_url}/charges").json()["charges"]
        assert {charge["amount"] for charge in charges} <= {AMOUNT}
        return Counter(charge["reference"] for charge in charges)

    def ledger(self, url: str) -> list[dict[str, Any]]:
        """The ledger, which is short."""
        answer = self.http.get(f"{url}/payments/ledger?limit=100")
        assert "next" not in answer.links
        entries: list[dict[str, Any]] = answer.json()["entries"]
        return entries

    def events(self) -> Counter[tuple[str, str]]:
        """Return how often each event of a payment waits in the outbox."""
        return asyncio.run(self._events())

    async def _events(self) -> Counter[tuple[str, str]]:
        database = Database(self.database_url)
        async with database.reading() as connection:
            entries = await tables.OUTBOX.waiting(connection, 1000)
        await database.close()
        messages = [json.loads(entry.message) for entry in entries]
        return Counter((message["type"], message["paymentId"]) for message in messages)


@pytest.fixture
def bank(new_database: Callable[[], str]) -> Iterator[Bank]:
    """A bank whose acquirer outlives every payments-service."""
    with Session() as session, httpx.Client(trust_env=False, timeout=60) as http:
        acquirer = session.start(
            "acquirer",
            ["python", "-m", "stubs.acquirer"],
            env={"DATABASE_URL": f"sqlite:///{session.dir}/acquirer.sqlite"},
            cwd=ROOT,
        )
        yield Bank(session, new_database(), acquirer.wait_listening(60)["url"], http)


def agree(bank: Bank, *ids: str, status: Any = "pending") -> None:
    """Payments that were agreed on; asking for them would need user-service."""

    async def write() -> None:
        database = Database(bank.database_url)
        await database.open(tables.SCHEMA)
        async with database.writing() as connection:
            for payment_id in ids:
                payment = Payment(
                    id=payment_id,
                    payer_id="usr_c",
                    receiver_id="usr_v",
                    amount=AMOUNT,
                    currency="EUR",
                    status=status,
                    refunded_amount=0,
                    created_at="now",
                    updated_at="now",
                )
                await store.save(connection, store.Kept(payment))
        await database.close()

    asyncio.run(write())


def ask(bank: Bank, url: str, payment_id: str, work: str) -> httpx.Response:
    """Process or refund, under the same key whenever it is asked."""
    return bank.http.post(
        f"{url}/payments/{payment_id}/{work}",
        json={"reason": "late", "amount": 1000} if work == "refund" else None,
        headers={"idempotency-key": f"key-{payment_id}-{work}"},
    )


def crash(bank: Bank, work: dict[str, str]) -> None:
    """Kill a payments-service (-9) once each payment has got to the point that its id names.

    Args:
        bank: whose.
        work: what is asked for each payment, in this order: one that parks in a transaction keeps
            those behind it from writing.
    """
    process, url = bank.start(
        "tests.integration.stubs.parking_payments",
        RECONCILE_EVERY_S="3600",
        ACQUIRER_ASK_S="3600",
    )
    with ThreadPoolExecutor(len(work)) as callers:
        asked = []
        for payment_id, what in work.items():
            asked.append(callers.submit(ask, bank, url, payment_id, what))
            eventually(partial(is_parked, process, payment_id), 60)
        process.kill()
        for each in asked:
            with pytest.raises(httpx.TransportError):
                each.result()


def is_parked(process: Process, payment_id: str) -> bool:
    """Return whether work on the payment has got to its point."""
    return any(
        '"parked"' in line and payment_id in line for line in process.tail(1000).splitlines()
    )


def insist(bank: Bank, url: str, payment_id: str, work: str) -> httpx.Response:
    """Ask again until the key of who crashed is free."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(ask(bank, url, payment_id, work))
        return answers[-1].status_code != 409

    eventually(answered, 60)
    assert {answer.headers["retry-after"] for answer in answers[:-1]} <= {"1"}
    return answers[-1]


def sum_of(ledger: list[dict[str, Any]]) -> int:
    """Debits less credits."""
    return sum(e["amount"] * (1 if e["direction"] == "debit" else -1) for e in ledger)


POINTS = ("before-ask", "after-ask", "after-answer", "before-answer", "before-commit")


def test_a_crash_at_any_point_of_a_charge_leaves_one_end_that_the_acquirer_shares(
    bank: Bank,
) -> None:
    ids = [f"charge.{point}" for point in POINTS]
    agree(bank, *ids)
    crash(bank, dict.fromkeys(ids, "process"))
    eventually(lambda: len(bank.charged()) == len(POINTS) - 1)
    _, url = bank.start()

    def statuses() -> list[str]:
        return [bank.payment(url, each)["status"] for each in ids]

    eventually(lambda: "processing" not in statuses(), 60)
    # Nobody asks any more for the first, and it was never charged.
    assert statuses() == ["failed"] + ["succeeded"] * 4
    assert bank.charged() == dict.fromkeys(ids[1:], 1)
    ledger = bank.ledger(url)
    assert sum_of(ledger) == 0
    assert Counter(e["paymentId"] for e in ledger) == dict.fromkeys(ids[1:], 2)
    assert bank.events() == {("PAYMENT_COMPLETED", each): 1 for each in ids[1:]}


def test_who_asks_again_after_a_crash_is_charged_once_and_refunded_once(bank: Bank) -> None:
    charges = ["charge.before-ask", "charge.after-answer", "charge.before-answer"]
    refunds = ["refund.before-answer", "refund.before-commit"]
    agree(bank, *charges)
    agree(bank, *refunds, status="succeeded")
    crash(bank, dict.fromkeys(charges, "process") | dict.fromkeys(refunds, "refund"))
    _, url = bank.start(ACQUIRER_GIVE_UP_S="3600")
    for each in charges:
        assert insist(bank, url, each, "process").json()["status"] == "succeeded"
    for each in refunds:
        first = insist(bank, url, each, "refund")
        assert (first.status_code, ask(bank, url, each, "refund").json()) == (200, first.json())
        assert bank.payment(url, each)["refundedAmount"] == 1000
    assert bank.charged() == dict.fromkeys(charges, 1)
    ledger = bank.ledger(url)
    assert sum_of(ledger) == 0
    assert Counter(e["paymentId"] for e in ledger) == dict.fromkeys(charges + refunds, 2)
    assert bank.events() == {
        **{("PAYMENT_COMPLETED", each): 1 for each in charges},
        **{("PAYMENT_REFUNDED", each): 1 for each in refunds},
    }
