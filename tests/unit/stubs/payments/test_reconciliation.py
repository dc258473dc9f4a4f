"""A payment left `processing` by a crash or a lost answer is found, by one process at a time."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from stubs.database import Database
from stubs.payments import store, tables
from stubs.payments.acquirer import AcquirerDown, Charged, Declined, Settled
from stubs.payments.app import create_app
from stubs.payments.lease import Lease
from stubs.payments.reconciliation import Reconciliation
from stubs.payments.schemas import Payment
from stubs.tracing import Tracer
from tests.unit.stubs.conftest import events
from tests.unit.stubs.in_process import serving
from tests.unit.stubs.payments.conftest import make_intent, process, read_ledger, settings_of
from tests.unit.stubs.payments.neighbours import ACQUIRER, Neighbours, lost, refused


async def reconcile(app: FastAPI) -> None:
    await app.state.payments.reconciliation.round()


async def status(client: httpx.AsyncClient, payment_id: str) -> str:
    return str((await client.get(f"/payments/{payment_id}")).json()["status"])


async def test_a_charge_whose_answer_was_lost_is_found(
    payments: httpx.AsyncClient, payments_app: FastAPI, neighbours: Neighbours, lines: list[str]
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_charged_no_answer")
    await payments.post(f"/payments/{payment_id}/process", headers={"x-trace-id": "first"})
    await reconcile(payments_app)
    assert await status(payments, payment_id) == "succeeded"
    assert len(await read_ledger(payments)) == 2
    assert neighbours.charges_asked() == 1
    (line,) = events(lines, "payment_reconciled")
    assert line["data"] == {"paymentId": payment_id, "status": "succeeded"}
    assert line["traceId"] == "first"  # the request that it belongs to
    metrics = (await payments.get("/metrics")).text
    assert "payments_reconciled_total 1.0" in metrics


async def test_a_decline_whose_answer_was_lost_is_found(
    payments: httpx.AsyncClient, payments_app: FastAPI, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_declined")
    neighbours.after.append(lost())
    assert (await process(payments, payment_id)).status_code == 503
    await reconcile(payments_app)
    assert (await process(payments, payment_id)).json()["declineReason"] == "card_declined"
    assert await read_ledger(payments) == []


async def test_what_the_acquirer_does_not_know_is_left_for_whoever_asks_again(
    payments: httpx.AsyncClient, payments_app: FastAPI, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    neighbours.before.append(refused())
    await process(payments, payment_id)
    await reconcile(payments_app)
    assert await status(payments, payment_id) == "processing"
    assert await neighbours.charged() == []
    assert (await process(payments, payment_id)).status_code == 200


@pytest.fixture
async def impatient(database_url: str, neighbours: Neighbours) -> AsyncIterator[FastAPI]:
    """A payments-service that gives up at once."""
    settings = settings_of(database_url, give_up_s=0.0)
    app = create_app(settings, Tracer("payments", lambda _: None), transport=neighbours)
    async with serving(app):
        yield app


async def test_what_nobody_asks_for_any_more_fails_and_is_never_charged_late(
    payments: httpx.AsyncClient, impatient: FastAPI, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    neighbours.before.append(refused())
    await process(payments, payment_id)
    await reconcile(impatient)
    assert await status(payments, payment_id) == "failed"
    answer = await process(payments, payment_id)
    assert (answer.status_code, answer.json()["declineReason"]) == (402, "voided")
    # The ask that was on its way all the time arrives.
    late = Payment.model_validate((await payments.get(f"/payments/{payment_id}")).json())
    settled = await impatient.state.payments._acquirer.charge(late)
    assert settled == Declined("voided")
    assert await neighbours.charged() == []


async def test_giving_up_finds_a_charge_that_came_in_between(
    payments: httpx.AsyncClient, impatient: FastAPI, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_charged_no_answer")
    await process(payments, payment_id)
    acquirer = impatient.state.payments._acquirer
    assert await acquirer.void(payment_id) == Charged()
    await reconcile(impatient)
    assert await status(payments, payment_id) == "succeeded"


async def test_a_request_that_comes_between_gets_what_was_found_out(
    payments: httpx.AsyncClient, payments_app: FastAPI, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_charged_no_answer")
    await process(payments, payment_id)
    answers = await asyncio.gather(
        *(process(payments, payment_id) for _ in range(5)), *(reconcile(payments_app),) * 1
    )
    assert {answer.status_code for answer in answers if answer is not None} == {200}
    assert len(await read_ledger(payments)) == 2


async def test_one_that_cannot_be_found_out_keeps_no_other_waiting(
    payments: httpx.AsyncClient, payments_app: FastAPI, neighbours: Neighbours, lines: list[str]
) -> None:
    ids = [await make_intent(payments, paymentMethod="pm_charged_no_answer") for _ in range(3)]
    for payment_id in ids:
        await process(payments, payment_id)
    neighbours.before.append(refused())
    await reconcile(payments_app)
    found = [await status(payments, payment_id) for payment_id in ids]
    assert sorted(found) == ["processing", "succeeded", "succeeded"]
    assert len(events(lines, "payment_not_reconciled")) == 1
    await reconcile(payments_app)
    assert {await status(payments, payment_id) for payment_id in ids} == {"succeeded"}


async def test_an_acquirer_that_is_down_makes_the_service_degraded_and_no_more(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    neighbours.down.add(ACQUIRER)
    health = (await payments.get("/health")).json()
    assert health["status"] == "degraded"
    assert "acquirer" in health["unhealthyServices"]


class Silent:
    """An acquirer that counts who is asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def charge(self, payment: Payment) -> Settled:
        """Never."""
        raise AcquirerDown("silent")

    async def find(self, payment_id: str) -> Settled | None:
        """It doesn't know any."""
        self.asked.append(payment_id)
        return None

    async def void(self, payment_id: str) -> Settled:
        """Never."""
        raise AcquirerDown("silent")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    await database.open(tables.SCHEMA)
    yield database
    await database.close()


async def leave_processing(database: Database, *ids: str) -> None:
    """Payments as a crash leaves them."""
    async with database.writing() as connection:
        for payment_id in ids:
            payment = Payment(
                id=payment_id,
                payer_id="a",
                receiver_id="b",
                amount=1,
                currency="EUR",
                status="processing",
                refunded_amount=0,
                created_at="now",
                updated_at="now",
            )
            await store.save(connection, store.Kept(payment, processing_since_ms=0))


def asking(database: Database, acquirer: Silent, clock: Callable[[], float]) -> Reconciliation:
    """One process's reconciliation; its lease lasts 5 s."""
    return Reconciliation(
        database,
        acquirer,
        None,  # type: ignore[arg-type] # nothing is ever settled here
        Lease(database, "reconciliation", 5.0, clock=clock),
        Tracer("payments", lambda _: None),
        clock=lambda: 0.0,
    )


async def test_a_round_asks_about_all_however_many(database: Database) -> None:
    ids = [f"p{number:03}" for number in range(205)]
    await leave_processing(database, *ids)
    acquirer = Silent()
    await asking(database, acquirer, lambda: 0.0).round()
    assert acquirer.asked == ids


async def test_one_process_at_a_time_reconciles(database: Database) -> None:
    await leave_processing(database, "p1")
    acquirer = Silent()
    now_s = 1000.0
    workers = [asking(database, acquirer, lambda: now_s) for _ in range(3)]
    await asyncio.gather(*(worker.round() for worker in workers))
    for worker in workers:
        await worker.round()
    assert len(acquirer.asked) == 2  # whoever was first, twice
    now_s += 5.0  # its process crashed: the next one takes over
    for worker in workers[::-1]:
        await worker.round()
    assert len(acquirer.asked) == 3


async def test_a_lease_is_renewed_taken_over_and_given_back(database: Database) -> None:
    now_s = 0.0
    first, second = (Lease(database, "work", 5.0, clock=lambda: now_s) for _ in range(2))
    assert await first.take()
    assert not await second.take()
    now_s = 4.0
    assert await first.take()
    now_s = 8.9
    assert not await second.take()
    now_s = 9.0
    assert await second.take()
    assert not await first.take()
    await first.give_back()  # it isn't its own any more
    assert not await first.take()
    await second.give_back()
    assert await first.take()


async def test_an_error_ends_no_reconciliation(database: Database, lines: list[str]) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    class Failing(Reconciliation):
        async def round(self) -> None:
            raise RuntimeError("no database")

    failing = Failing(
        database,
        Silent(),
        None,  # type: ignore[arg-type] # nothing is ever settled here
        Lease(database, "x", 1.0),
        Tracer("payments", lines.append),
        every_s=7.0,
        sleep=sleep,
    )
    with pytest.raises(asyncio.CancelledError):
        await failing.run()
    assert slept == [7.0] * 3
    assert [json.loads(line)["data"]["error"] for line in lines] == ["no database"] * 3


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(409),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={"status": "maybe"}),
        httpx.Response(200, json=[]),
    ],
)
async def test_an_acquirer_that_cannot_be_understood_is_down(answer: Any) -> None:
    from stubs.payments.acquirer import HttpAcquirer

    acquirer = HttpAcquirer("http://x", 1.0, transport=httpx.MockTransport(lambda _: answer))
    with pytest.raises(AcquirerDown):
        await acquirer.find("p1")
    with pytest.raises(AcquirerDown):
        await acquirer.void("p1")
    await acquirer.close()
