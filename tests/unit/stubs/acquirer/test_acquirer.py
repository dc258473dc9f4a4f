"""The fake acquirer: what each payment method does, and that a reference is charged once."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from stubs.acquirer import store
from stubs.acquirer.app import AcquirerSettings, create_app
from stubs.acquirer.schemas import ChargeRequest
from stubs.acquirer.service import AcquirerService
from stubs.database import Database
from stubs.tracing import Tracer
from tests.unit.stubs.in_process import serving


@pytest.fixture
def settings(tmp_path: Path) -> AcquirerSettings:
    return AcquirerSettings(f"sqlite:///{tmp_path}/acquirer.sqlite", slow_s=0.0)


@pytest.fixture
async def acquirer(settings: AcquirerSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving_acquirer(settings) as client:
        yield client


def serving_acquirer(settings: AcquirerSettings) -> AbstractAsyncContextManager[httpx.AsyncClient]:
    """A client of an acquirer that runs with these settings."""
    return serving(create_app(settings, Tracer("acquirer", lambda _line: None)))


def body(method: str = "pm_ok", **changes: Any) -> dict[str, Any]:
    return {"amount": 5000, "currency": "EUR", "method": method, **changes}


async def charged(client: httpx.AsyncClient) -> list[str]:
    """The references that moved money."""
    answer = (await client.get("/charges")).json()
    return [each["reference"] for each in answer["charges"]]


@pytest.mark.parametrize("method", ["pm_ok", "pm_slow"])
async def test_a_charge_is_made_once_however_often_it_is_asked_for(
    acquirer: httpx.AsyncClient, method: str
) -> None:
    answers = await asyncio.gather(
        *(acquirer.put("/charges/p1", json=body(method)) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].json()["status"] == "charged"
    assert await charged(acquirer) == ["p1"]


@pytest.mark.parametrize(
    ("method", "reason"), [("pm_declined", "card_declined"), ("pm_x", "unknown_method")]
)
async def test_a_decline_moves_no_money_and_stays_one(
    acquirer: httpx.AsyncClient, method: str, reason: str
) -> None:
    for _ in range(2):
        answer = (await acquirer.put("/charges/p1", json=body(method))).json()
        assert (answer["status"], answer["reason"]) == ("declined", reason)
    assert await charged(acquirer) == []


async def test_a_void_reference_is_never_charged(acquirer: httpx.AsyncClient) -> None:
    assert (await acquirer.delete("/charges/p1")).json()["status"] == "voided"
    assert (await acquirer.put("/charges/p1", json=body())).json()["status"] == "voided"
    assert await charged(acquirer) == []


async def test_what_is_charged_already_is_not_voided(acquirer: httpx.AsyncClient) -> None:
    await acquirer.put("/charges/p1", json=body())
    assert (await acquirer.delete("/charges/p1")).json()["status"] == "charged"
    assert await charged(acquirer) == ["p1"]


async def test_a_slow_charge_that_was_voided_meanwhile_moves_no_money(
    settings: AcquirerSettings,
) -> None:
    async def void_meanwhile(_s: float) -> None:
        await service.void("p1")

    database = Database(settings.database_url)
    await database.open(store.SCHEMA)
    service = AcquirerService(database, 1.0, sleep=void_meanwhile)
    request = ChargeRequest(amount=1, currency="EUR", method="pm_slow")
    settled, _ = await service.charge("p1", request)
    assert settled.status == "voided"
    assert await service.all_charged() == []
    await database.close()


async def test_a_charge_is_found_by_its_reference(acquirer: httpx.AsyncClient) -> None:
    assert (await acquirer.get("/charges/p1")).status_code == 404
    made = await acquirer.put("/charges/p1", json=body())
    assert (await acquirer.get("/charges/p1")).json() == made.json()


async def test_a_reference_is_not_taken_for_another_charge(acquirer: httpx.AsyncClient) -> None:
    await acquirer.put("/charges/p1", json=body())
    for other in ({"amount": 5001}, {"currency": "USD"}):
        assert (await acquirer.put("/charges/p1", json=body(**other))).status_code == 409


async def test_charges_outlive_the_process(settings: AcquirerSettings) -> None:
    async with serving_acquirer(settings) as client:
        await client.put("/charges/p1", json=body())
    async with serving_acquirer(settings) as client:
        await client.put("/charges/p1", json=body())
        assert await charged(client) == ["p1"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": 10**12 + 1},
        {"amount": 100.0},
        {"amount": True},
        {"amount": "100"},
        {"currency": "eur"},
        {"currency": "ZZZ"},
        {"method": ""},
        {"method": "\0"},
    ],
)
async def test_what_is_no_charge_is_422(acquirer: httpx.AsyncClient, wrong: Any) -> None:
    answer = await acquirer.put("/charges/p1", content=json.dumps(body(**wrong)))
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == list(wrong)


@pytest.mark.parametrize("reference", ["%00", "x" * 129, "a%2Fb", "%ED%A0%80", "é"])
async def test_a_reference_that_cannot_be_is_404(
    acquirer: httpx.AsyncClient, reference: str
) -> None:
    for method in ("GET", "PUT", "DELETE"):
        answer = await acquirer.request(method, f"/charges/{reference}", json=body())
        assert answer.status_code == 404
