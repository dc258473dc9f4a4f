"""Entities made before the fuzzing begins, and what must be true of the money after it."""

import itertools
from collections.abc import Mapping
from typing import Any

import httpx

_VAS = 40
_JOBS = 8
_PAYMENTS = 12
_numbers = itertools.count(1)


async def seed(services: Mapping[str, httpx.AsyncClient]) -> dict[str, list[str]]:
    """Make users, jobs, proposals and payments.

    Args:
        services: a client of each, by its name.

    Returns:
        their ids, by the names of the fields and parameters that take them.
    """
    users, market, payments = (
        services[name] for name in ("user-service", "marketplace-service", "payments-service")
    )
    companies = [await _user(users, "company") for _ in range(4)]
    vas = [await _user(users, "va") for _ in range(_VAS)]
    jobs = [await _made(market, "/jobs", _job(companies[0])) for _ in range(_JOBS)]
    proposals = [
        await _made(market, "/proposals", _proposal(jobs[0], va)) for va in vas[: _VAS // 4]
    ]
    # With all that the acquirer understands; `pm_hangs` and its like take their time.
    methods = itertools.cycle(["pm_ok", "pm_declined"])
    paid = [
        await _made(payments, "/payments/intent", _intent(companies[0], vas[0], next(methods)))
        for _ in range(_PAYMENTS)
    ]
    charged = await payments.post(f"/payments/{paid[0]}/process")
    assert charged.status_code == 200, charged.text
    return {
        "user_id": [*companies[:2], *vas[:4]],
        "userId": vas[_VAS // 4 :],
        "companyId": companies[1:],
        "company": companies,
        "payerId": companies[1:],
        "receiverId": vas[5:],
        "job_id": jobs,
        "jobPostingId": jobs,
        "proposal_id": proposals,
        "payment_id": paid,
        "paymentMethod": ["pm_ok", "pm_declined"],
    }


async def ledger_sums(payments: httpx.AsyncClient) -> dict[str, int]:
    """The sum of all entries in each currency, debits less credits.

    Raises:
        AssertionError: there is no entry, so that the sums say nothing.
    """
    sums: dict[str, int] = {}
    path: str | None = "/payments/ledger?limit=100"
    while path is not None:
        answer = await payments.get(path)
        for entry in answer.json()["entries"]:
            sign = 1 if entry["direction"] == "debit" else -1
            currency = entry["currency"]
            sums[currency] = sums.get(currency, 0) + sign * entry["amount"]
        path = answer.links.get("next", {}).get("url")
    assert sums, "nothing was charged"
    return sums


async def _made(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> str:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _user(users: httpx.AsyncClient, role: str) -> str:
    return await _made(users, "/users", {"email": f"{next(_numbers)}@fuzz", "role": role})


def _job(company: str) -> dict[str, Any]:
    text = {"title": "A job", "description": "What is to be done."}
    return {"companyId": company, **text, "budget": 1000, "currency": "EUR"}


def _proposal(job: str, va: str) -> dict[str, Any]:
    text = {"coverLetter": "I can.", "deliveryTime": "a week", "bidType": "fixed"}
    return {"jobPostingId": job, "userId": va, **text, "bidAmount": 500}


def _intent(payer: str, receiver: str, method: str) -> dict[str, Any]:
    sides = {"payerId": payer, "receiverId": receiver, "paymentMethod": method}
    return {**sides, "amount": 5000, "currency": "EUR"}
