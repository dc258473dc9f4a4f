"""The routes of payments-service: what each answers, in whatever state the payment is."""

import asyncio
import json
from collections import Counter
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from stubs.payments.app import create_app
from stubs.tracing import Tracer
from tests.unit.stubs.in_process import serving
from tests.unit.stubs.payments.conftest import (
    intent_body,
    make_intent,
    process,
    read_ledger,
    refund,
    settings_of,
)
from tests.unit.stubs.payments.neighbours import JOBS, USERS, Neighbours, lost, refused


async def status(client: httpx.AsyncClient, payment_id: str) -> str:
    """The payment's status."""
    return str((await client.get(f"/payments/{payment_id}")).json()["status"])


async def waiting_events(app: FastAPI) -> list[dict[str, Any]]:
    """The events in the outbox."""
    from stubs.payments.tables import OUTBOX

    async with app.state.payments._database.reading() as connection:
        entries = await OUTBOX.waiting(connection, 1000)
    return [json.loads(entry.message) for entry in entries]


async def test_an_intent_is_a_pending_payment(payments: httpx.AsyncClient) -> None:
    body = intent_body(proposalId="prop_1", jobPostingId="job_1", paymentMethod="pm_ok")
    answer = await payments.post("/payments/intent", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert made.items() >= {**body, "status": "pending", "refundedAmount": 0}.items()
    assert answer.headers["location"] == f"/payments/{made['id']}"
    assert (await payments.get(answer.headers["location"])).json() == made


async def test_an_absent_and_a_null_field_are_the_same(payments: httpx.AsyncClient) -> None:
    body = {**intent_body(), "proposalId": None, "paymentMethod": None, "unknown": [1]}
    made = (await payments.post("/payments/intent", content=json.dumps(body))).json()
    assert "proposalId" not in made
    assert (await process(payments, made["id"])).json()["status"] == "succeeded"


WRONG: list[tuple[str, Any]] = [
    ("amount", 0),
    ("amount", -1),
    ("amount", 10**12 + 1),
    ("amount", 10**400),
    ("amount", 100.0),
    ("amount", 1.5),
    ("amount", "100"),
    ("amount", True),
    ("amount", None),
    ("currency", "eur"),
    ("currency", "EURO"),
    ("currency", "ZZZ"),
    ("currency", ""),
    ("currency", 978),
    ("payerId", ""),
    ("payerId", "\0"),
    ("payerId", "\ud800"),
    ("payerId", "x" * 129),
    ("receiverId", "usr_c"),
    ("receiverId", 1),
    ("proposalId", "\0"),
    ("jobPostingId", {}),
    ("paymentMethod", ""),
]


@pytest.mark.parametrize(("field", "value"), WRONG)
async def test_a_field_that_is_wrong_is_422_and_named(
    payments: httpx.AsyncClient, field: str, value: Any
) -> None:
    raw = json.dumps({**intent_body(), field: value})
    answer = await payments.post("/payments/intent", content=raw)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b'{"amount": NaN}', 400),
        (b'{"amount": 1e999}', 422),
        (b"\xff", 400),
        (b"[" * 100_000, 400),
        (b'{"payerId":"usr_c","receiverId":"usr_v","currency":"EUR","amount":' + b"9" * 5000, 400),
        (b'{"reason":"a","amount":0,"amount":1,"amount":0}', 422),
        (b"x" * (1024 * 1024 + 1), 413),
    ],
)
async def test_a_body_that_cannot_be_read_does_nothing(
    payments: httpx.AsyncClient, neighbours: Neighbours, raw: bytes, expected: int
) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    for path in ("/payments/intent", f"/payments/{payment_id}/refund"):
        answer = await payments.post(path, content=raw)
        assert answer.status_code == expected, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    assert await status(payments, payment_id) == "succeeded"


async def test_users_that_do_not_exist_are_422_and_named(payments: httpx.AsyncClient) -> None:
    body = intent_body(payerId="usr_x", receiverId="usr_y")
    answer = await payments.post("/payments/intent", json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["payerId", "receiverId"]


async def test_no_intent_is_made_while_nobody_knows_the_users(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    neighbours.down.add(USERS)
    answer = await payments.post("/payments/intent", json=intent_body())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_a_payment_is_charged_once_and_told_again(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    first, second = await process(payments, payment_id), await process(payments, payment_id)
    assert (first.status_code, first.json()["status"]) == (200, "succeeded")
    assert second.json() == first.json()
    assert [charge["amount"] for charge in await neighbours.charged()] == [5000]
    assert neighbours.charges_asked() == 1


async def test_a_declined_payment_is_402_ever_after(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_declined")
    for _ in range(2):
        answer = await process(payments, payment_id)
        assert answer.status_code == 402
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["declineReason"] == "card_declined"
    assert await status(payments, payment_id) == "failed"
    assert neighbours.charges_asked() == 1
    assert (await refund(payments, payment_id)).status_code == 409


async def test_a_method_that_the_acquirer_does_not_know_is_declined(
    payments: httpx.AsyncClient,
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_gold")
    assert (await process(payments, payment_id)).json()["declineReason"] == "unknown_method"


@pytest.mark.parametrize("payment_id", ["none", "ledger2", "%00", "x" * 100, "%ED%A0%80", "a b"])
async def test_a_payment_that_does_not_exist_is_404(
    payments: httpx.AsyncClient, payment_id: str
) -> None:
    path = f"/payments/{payment_id}"
    answers = [await payments.get(path), await payments.get(f"{path}/receipt")]
    answers += [await payments.post(f"{path}/process")]
    answers += [await payments.post(f"{path}/refund", json={"reason": "late"})]
    assert [answer.status_code for answer in answers] == [404] * 4
    # The body comes first: what isn't valid is never asked about.
    assert (await payments.post(f"{path}/refund", json={})).status_code == 422


async def test_all_is_refunded_unless_a_part_is_named(payments: httpx.AsyncClient) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    part = (await refund(payments, payment_id, amount=2000)).json()
    assert part.items() >= {"paymentId": payment_id, "amount": 2000, "currency": "EUR"}.items()
    assert (part["reason"], part["status"]) == ("late", "succeeded")
    assert await status(payments, payment_id) == "partially_refunded"
    assert (await refund(payments, payment_id)).json()["amount"] == 3000
    payment = (await payments.get(f"/payments/{payment_id}")).json()
    assert (payment["status"], payment["refundedAmount"]) == ("refunded", 5000)


async def test_no_more_is_refunded_than_is_left(payments: httpx.AsyncClient) -> None:
    payment_id = await make_intent(payments)
    assert (await refund(payments, payment_id)).status_code == 409  # not charged yet
    await process(payments, payment_id)
    assert (await refund(payments, payment_id, amount=5001)).status_code == 409
    assert (await refund(payments, payment_id, amount=4999)).status_code == 200
    assert (await refund(payments, payment_id, amount=2)).status_code == 409
    assert (await refund(payments, payment_id, amount=1)).status_code == 200
    assert (await refund(payments, payment_id)).status_code == 409


async def test_a_refunded_payment_is_not_processed_again(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    for amount in (1, None):
        await refund(payments, payment_id, amount=amount)
        assert (await process(payments, payment_id)).status_code == 409
    assert neighbours.charges_asked() == 1


@pytest.mark.parametrize("body", [{"reason": ""}, {"reason": " \n"}, {"reason": None}, {}])
async def test_a_refund_has_a_reason(payments: httpx.AsyncClient, body: Any) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    answer = await payments.post(f"/payments/{payment_id}/refund", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "reason"
    assert await status(payments, payment_id) == "succeeded"


async def test_side_by_side_a_payment_is_charged_once(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    answers = await asyncio.gather(*(process(payments, payment_id) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert neighbours.charges_asked() == 1
    assert len(await read_ledger(payments)) == 2


async def test_two_processes_over_one_database_charge_once(
    database_url: str, neighbours: Neighbours, payments: httpx.AsyncClient
) -> None:
    other_app = create_app(
        settings_of(database_url), Tracer("other", lambda _: None), transport=neighbours
    )
    async with serving(other_app) as other:
        for _ in range(5):
            payment_id = await make_intent(payments)
            answers = await asyncio.gather(
                *(process(client, payment_id) for client in (payments, other) * 5)
            )
            assert {answer.status_code for answer in answers} == {200}
            refunds = await asyncio.gather(
                *(refund(client, payment_id, amount=3000) for client in (payments, other) * 3)
            )
            assert Counter(answer.status_code for answer in refunds) == {200: 1, 409: 5}
    assert len(await neighbours.charged()) == 5
    assert len(await read_ledger(payments)) == 20


async def test_side_by_side_no_more_is_refunded_than_was_paid(
    payments: httpx.AsyncClient,
) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    answers = await asyncio.gather(*(refund(payments, payment_id, amount=1500) for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 3, 409: 7}
    payment = (await payments.get(f"/payments/{payment_id}")).json()
    assert payment["refundedAmount"] == 4500


async def test_each_movement_is_a_pair_and_the_sum_is_nothing(payments: httpx.AsyncClient) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    back = (await refund(payments, payment_id, amount=2000)).json()
    entries = (await read_ledger(payments))[::-1]
    seen = [(e["account"], e["direction"], e["amount"], e["paymentId"]) for e in entries]
    assert seen == [
        ("user:usr_c", "debit", 5000, payment_id),
        ("user:usr_v", "credit", 5000, payment_id),
        ("user:usr_v", "debit", 2000, payment_id),
        ("user:usr_c", "credit", 2000, payment_id),
    ]
    assert [e["transactionId"] for e in entries[2:]] == [back["id"]] * 2
    assert entries[0]["transactionId"] == entries[1]["transactionId"] != back["id"]
    assert len({e["id"] for e in entries}) == 4


async def test_the_ledger_is_paged_newest_first_without_gap_or_repeat(
    payments: httpx.AsyncClient,
) -> None:
    for _ in range(4):
        await process(payments, await make_intent(payments))
    whole = await read_ledger(payments)
    assert [e["createdAt"] for e in whole] == sorted((e["createdAt"] for e in whole), reverse=True)
    for limit in (1, 3, 4, 8):
        assert await read_ledger(payments, limit) == whole
    last = await payments.get("/payments/ledger?limit=8")
    assert "link" not in last.headers


async def test_a_walk_through_the_ledger_is_not_disturbed_by_what_is_written_meanwhile(
    payments: httpx.AsyncClient,
) -> None:
    for _ in range(2):
        await process(payments, await make_intent(payments))
    first = await payments.get("/payments/ledger?limit=3")
    await process(payments, await make_intent(payments))
    second = await payments.get(first.links["next"]["url"])
    seen = [e["transactionId"] for e in first.json()["entries"] + second.json()["entries"]]
    assert sorted(Counter(seen).values()) == [2, 2]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=1.0", "limit"),
        ("limit=%C2%B2", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=%FF", "cursor"),
        ("cursor=MA", "cursor"),  # 0
        ("cursor=" + "OTk5" * 100, "cursor"),
        ("cursor=OTk5OTk5OTk5OTk5OTk5OTk5OQ", "cursor"),  # over 2^63
    ],
)
async def test_a_bad_limit_or_cursor_is_422_and_named(
    payments: httpx.AsyncClient, query: str, field: str
) -> None:
    answer = await payments.get(f"/payments/ledger?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_amounts_as_large_as_they_come_add_up(payments: httpx.AsyncClient) -> None:
    payment_id = await make_intent(payments, amount=10**12)
    await process(payments, payment_id)
    assert (await refund(payments, payment_id, amount=10**12)).json()["amount"] == 10**12


async def test_success_and_refunds_are_told_in_the_order_of_versions(
    payments: httpx.AsyncClient, payments_app: FastAPI
) -> None:
    payment_id = await make_intent(payments)
    await payments.post(f"/payments/{payment_id}/process", headers={"x-trace-id": "trace"})
    await process(payments, payment_id)
    back = (await refund(payments, payment_id, amount=2000)).json()
    await refund(payments, payment_id, amount=9000)
    completed, refunded = await waiting_events(payments_app)
    assert set(completed) == {
        "type", "paymentId", "data", "timestamp", "eventId", "version", "traceId",
    }  # fmt: skip
    assert (completed["type"], completed["paymentId"]) == ("PAYMENT_COMPLETED", payment_id)
    assert (completed["traceId"], completed["data"]["status"]) == ("trace", "succeeded")
    assert refunded["type"] == "PAYMENT_REFUNDED"
    assert refunded["data"]["refundedAmount"] == 2000
    assert refunded["data"]["refund"] == back
    assert refunded["version"] == completed["version"] + 1


async def test_a_receipt_shows_what_the_others_know(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    neighbours.jobs["job_1"] = {
        "id": "job_1", "companyId": "usr_c", "title": "Typing", "budget": 1, "currency": "EUR",
    }  # fmt: skip
    payment_id = await make_intent(payments, jobPostingId="job_1")
    receipt = (await payments.get(f"/payments/{payment_id}/receipt")).json()
    assert set(receipt) == {"payment", "payer", "receiver", "job", "incomplete"}
    assert receipt["payment"] == (await payments.get(f"/payments/{payment_id}")).json()
    assert (receipt["payer"]["id"], receipt["receiver"]["id"]) == ("usr_c", "usr_v")
    assert receipt["job"]["title"] == "Typing"
    assert receipt["incomplete"] == []


@pytest.mark.parametrize("down", [[], [USERS], [JOBS], [JOBS, USERS]])
async def test_a_receipt_degrades_by_those_who_are_down(
    payments: httpx.AsyncClient, neighbours: Neighbours, down: list[str]
) -> None:
    payment_id = await make_intent(payments, jobPostingId="job_unknown")
    neighbours.down.update(down)
    neighbours.users.discard("usr_v")  # deleted since
    answer = await payments.get(f"/payments/{payment_id}/receipt")
    receipt = answer.json()
    assert answer.status_code == 200
    assert receipt["incomplete"] == down
    assert (receipt["payer"] is None) == (USERS in down)
    assert (receipt["receiver"], receipt["job"]) == (None, None)


async def test_an_acquirer_that_cannot_be_asked_is_503_and_later_found_out(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    neighbours.before.append(refused())
    answer = await process(payments, payment_id)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert await status(payments, payment_id) == "processing"
    assert (await refund(payments, payment_id)).status_code == 409
    assert (await process(payments, payment_id)).status_code == 200
    assert len(await neighbours.charged()) == 1


async def test_an_answer_that_is_lost_after_the_charge_is_asked_for_again(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments, paymentMethod="pm_charged_no_answer")
    assert (await process(payments, payment_id)).status_code == 503
    assert (await process(payments, payment_id)).json()["status"] == "succeeded"
    assert len(await neighbours.charged()) == 1
    assert len(await read_ledger(payments)) == 2


async def test_who_goes_away_stops_no_charge(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    request = asyncio.create_task(process(payments, payment_id))
    await neighbours.charging.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    assert (await process(payments, payment_id)).status_code == 200
    assert len(await neighbours.charged()) == 1


async def test_an_answer_that_cannot_be_read_is_503(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    neighbours.after.append(httpx.ReadTimeout("late"))
    assert (await process(payments, payment_id)).status_code == 503
    neighbours.after.append(lost())
    assert (await process(payments, payment_id)).status_code == 503
    assert (await process(payments, payment_id)).status_code == 200
    assert len(await neighbours.charged()) == 1


async def test_the_document_names_every_answer(payments: httpx.AsyncClient) -> None:
    document = (await payments.get("/openapi.json")).json()
    statuses = {
        (path, method): sorted(operation["responses"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/payments")
    }
    body, everywhere = {"400", "413", "422"}, {"200", "408", "503"}
    assert statuses == {
        ("/payments/ledger", "get"): sorted(everywhere | {"422"}),
        ("/payments/intent", "post"): sorted((everywhere - {"200"}) | body | {"201", "409"}),
        ("/payments/{payment_id}", "get"): sorted(everywhere | {"404"}),
        ("/payments/{payment_id}/receipt", "get"): sorted(everywhere | {"404"}),
        ("/payments/{payment_id}/process", "post"): sorted(
            everywhere | body | {"402", "404", "409"}
        ),
        ("/payments/{payment_id}/refund", "post"): sorted(everywhere | body | {"404", "409"}),
    }
    assert "declineReason" in document["components"]["schemas"]["DeclineBody"]["properties"]
