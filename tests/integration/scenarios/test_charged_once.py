"""Answers about money are lost on the real wires of the reference system: it is charged once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from load.system import job_of, proposal_of
from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.system import Launcher, Session
from seatrial.tap import ForwardThen, Match, When
from seatrial.wires import Wire, Wires

ROOT = Path(__file__).parents[3]
BID = 50_000
LOST = ForwardThen(then="reset")
"""The provider does what it is asked to do, and nobody hears of it."""


@dataclass(frozen=True)
class Deal:
    """A proposal that waits to be accepted, and all that takes part."""

    marketplace: httpx.AsyncClient
    payments: httpx.AsyncClient
    acquirer: httpx.AsyncClient
    agreed: Wire
    """marketplace-service → payments-service"""
    charged: Wire
    """payments-service → acquirer"""
    proposal: str


@asynccontextmanager
async def deal() -> AsyncIterator[Deal]:
    """The four services as they ship, with a wire where money is spoken of."""
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)
        wires = Wires(session, engine)
        users = launcher.start("user-service").url
        bank = launcher.start("acquirer").url
        async with wires.edge(bank) as charged:
            peers = {"USER_SERVICE_URL": users, "ACQUIRER_URL": charged.url}
            payments = launcher.start("payments-service", peers).url
            async with wires.edge(payments) as agreed:
                peers = {"USER_SERVICE_URL": users, "PAYMENTS_SERVICE_URL": agreed.url}
                quick = {"PAYMENTS_CLIENT_BACKOFF_S": "0.05"}
                marketplace = launcher.start("marketplace-service", peers | quick).url
                async with (
                    httpx.AsyncClient(base_url=marketplace, trust_env=False, timeout=20) as shop,
                    httpx.AsyncClient(base_url=payments, trust_env=False, timeout=20) as money,
                    httpx.AsyncClient(base_url=bank, trust_env=False) as acquirer,
                ):
                    proposal = await _propose(shop, users)
                    yield Deal(shop, money, acquirer, agreed, charged, proposal)


async def _propose(shop: httpx.AsyncClient, users: str) -> str:
    company, assistant = [
        (await _made(shop, f"{users}/users", {"email": f"{role}@once", "role": role}))["id"]
        for role in ("company", "va")
    ]
    job = await _made(shop, "/jobs", job_of(company))
    proposal = await _made(shop, "/proposals", proposal_of(job["id"], assistant, BID))
    return str(proposal["id"])


async def _made(client: httpx.AsyncClient, url: str, body: Any) -> Any:
    answer = await client.post(url, json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.mark.timeout(120)
async def test_an_answer_that_is_lost_after_the_charge_charges_once() -> None:
    async with deal() as it:
        intents = Match(method="POST", path="/payments/intent")
        async with it.agreed.fault(LOST, match=intents, when=When(first=1)):
            accepted = await _made(it.marketplace, f"/proposals/{it.proposal}/accept", {})
        asked = [entry for entry in await it.agreed.journal() if entry.method == "POST"]
        assert len(asked) == 2
        assert len({entry.idempotency_key for entry in asked}) == 1
        assert asked[0].idempotency_key

        payment = accepted["paymentId"]
        async with it.charged.fault(LOST, match=Match(method="(POST|PUT)"), when=When(first=1)):
            await _pay_until_known(it.payments, payment)
        charges = (await it.acquirer.get("/charges")).json()["charges"]
        assert [charge["amount"] for charge in charges] == [BID]
        entries = (await it.payments.get("/payments/ledger")).json()["entries"]
        assert [(entry["paymentId"], entry["amount"]) for entry in entries] == [(payment, BID)] * 2
        assert {entry["direction"] for entry in entries} == {"debit", "credit"}


async def _pay_until_known(payments: httpx.AsyncClient, payment: str) -> None:
    """As a person does who hears nothing: again, under the same key, until it is known."""
    for _ in range(40):
        answer = await payments.post(
            f"/payments/{payment}/process", headers={"idempotency-key": "one-payment"}
        )
        if answer.status_code == 200:
            return
        assert answer.status_code in (409, 503), answer.text
        await asyncio.sleep(0.25)
    raise AssertionError("it never became known")
