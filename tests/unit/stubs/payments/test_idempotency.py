"""The same request to payments-service, sent again under its key, has its effect once."""

import asyncio
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
from tests.unit.stubs.payments.neighbours import Neighbours, lost

KEY = {"idempotency-key": "k1"}


async def post(
    client: httpx.AsyncClient, path: str, body: Any = None, key: str = "k1"
) -> httpx.Response:
    """A request under a key."""
    return await client.post(path, json=body, headers={"idempotency-key": key})


def alike(answers: list[httpx.Response]) -> bool:
    """Return whether all have the same status, body and place."""
    first, *others = [(a.status_code, a.text, a.headers.get("location")) for a in answers]
    return all(other == first for other in others)


async def test_an_intent_is_made_once(payments: httpx.AsyncClient) -> None:
    answers = [await post(payments, "/payments/intent", intent_body()) for _ in range(3)]
    assert alike(answers)
    assert answers[0].status_code == 201
    other = await post(payments, "/payments/intent", intent_body(), key="k2")
    assert other.json()["id"] != answers[0].json()["id"]


async def test_a_refund_is_made_once_and_told_again_even_when_nothing_is_left(
    payments: httpx.AsyncClient,
) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    path = f"/payments/{payment_id}/refund"
    first = await post(payments, path, {"reason": "late", "amount": 3000})
    assert (await refund(payments, payment_id)).status_code == 200  # the rest
    again = await post(payments, path, {"amount": 3000, "reason": "late"})
    assert alike([first, again])
    payment = (await payments.get(f"/payments/{payment_id}")).json()
    assert payment["refundedAmount"] == 5000


async def test_side_by_side_under_one_key_one_refund_is_made(payments: httpx.AsyncClient) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    body = {"reason": "late", "amount": 1000}
    path = f"/payments/{payment_id}/refund"
    answers = await asyncio.gather(*(post(payments, path, body) for _ in range(10)))
    good = [answer for answer in answers if answer.status_code == 200]
    assert alike(good)
    assert Counter(answer.status_code for answer in answers).keys() <= {200, 409}
    for answer in answers:
        assert answer.status_code == 200 or answer.headers["retry-after"] == "1"
    assert (await post(payments, path, body)).json() == good[0].json()
    assert len(await read_ledger(payments)) == 4


@pytest.mark.parametrize(("method", "status"), [("pm_ok", 200), ("pm_declined", 402)])
async def test_how_a_payment_was_processed_is_replayed(
    payments: httpx.AsyncClient, neighbours: Neighbours, method: str, status: int
) -> None:
    payment_id = await make_intent(payments, paymentMethod=method)
    path = f"/payments/{payment_id}/process"
    first = await post(payments, path)
    await refund(payments, payment_id)  # where it can be
    assert alike([first, await post(payments, path)])
    assert first.status_code == status
    assert first.headers["content-type"].startswith("application/")
    assert neighbours.charges_asked() == 1


async def test_404_and_409_are_told_again(payments: httpx.AsyncClient) -> None:
    assert (await post(payments, "/payments/none/process")).status_code == 404
    payment_id = await make_intent(payments)
    path = f"/payments/{payment_id}/refund"
    first = await post(payments, path, {"reason": "early"})
    await process(payments, payment_id)
    assert alike([first, await post(payments, path, {"reason": "early"})])
    assert first.status_code == 409
    assert "retry-after" not in first.headers


async def test_503_is_not_told_again_and_the_charge_is_made_once(
    payments: httpx.AsyncClient, neighbours: Neighbours
) -> None:
    payment_id = await make_intent(payments)
    neighbours.after.append(lost())
    path = f"/payments/{payment_id}/process"
    assert (await post(payments, path)).status_code == 503
    assert (await post(payments, path)).status_code == 200
    assert len(await neighbours.charged()) == 1


async def test_an_invalid_request_leaves_its_key_free(payments: httpx.AsyncClient) -> None:
    assert (await post(payments, "/payments/intent", {"amount": 0})).status_code == 422
    body = intent_body(payerId="nobody")
    assert (await post(payments, "/payments/intent", body)).status_code == 422
    assert (await post(payments, "/payments/intent", intent_body())).status_code == 201


@pytest.mark.parametrize("path", ["/payments/intent", "/payments/{}/refund"])
async def test_another_body_under_the_same_key_is_422_and_does_nothing(
    payments: httpx.AsyncClient, path: str
) -> None:
    payment_id = await make_intent(payments)
    await process(payments, payment_id)
    bodies = (
        [intent_body(), intent_body(amount=1)]
        if path == "/payments/intent"
        else [{"reason": "a", "amount": 1}, {"reason": "b", "amount": 1}]
    )
    first = await post(payments, path.format(payment_id), bodies[0])
    assert (await post(payments, path.format(payment_id), bodies[1])).status_code == 422
    assert alike([first, await post(payments, path.format(payment_id), bodies[0])])


@pytest.mark.parametrize("path", ["intent", "{}/process", "{}/refund"])
async def test_a_key_that_cannot_be_is_400_and_does_nothing(
    payments: httpx.AsyncClient, path: str
) -> None:
    payment_id = await make_intent(payments)
    body = {"reason": "late", **intent_body()}
    for key in (b"", b"x" * 256, b"a\tb", b'"open', b"\xff"):
        answer = await payments.post(
            f"/payments/{path.format(payment_id)}",
            json=body,
            headers=[(b"idempotency-key", key)],
        )
        assert answer.status_code == 400, key
    assert (await payments.get(f"/payments/{payment_id}")).json()["status"] == "pending"


async def test_keys_outlive_the_process(
    payments_app: FastAPI, database_url: str, neighbours: Neighbours
) -> None:
    async with serving(payments_app) as client:
        first = await post(client, "/payments/intent", intent_body())
        path = f"/payments/{first.json()['id']}"
        processed = await post(client, f"{path}/process")
        refunded = await post(client, f"{path}/refund", {"reason": "late", "amount": 1})
    later = create_app(settings_of(database_url), Tracer("p", lambda _: None), transport=neighbours)
    async with serving(later) as client:
        assert alike([first, await post(client, "/payments/intent", intent_body())])
        assert alike([processed, await post(client, f"{path}/process")])
        again = await post(client, f"{path}/refund", {"reason": "late", "amount": 1})
        assert alike([refunded, again])
        assert (await client.get(path)).json()["refundedAmount"] == 1
