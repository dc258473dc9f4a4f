"""Journeys through the reference system, as its users would take them."""

import asyncio
from typing import Any

from seatrial.explore import System, journey

JOB = {"title": "Keep it", "description": "At noon.", "budget": 90_000, "currency": "EUR"}
PROPOSAL = {"coverLetter": "I can.", "bidAmount": 80_000, "bidType": "fixed", "deliveryTime": "now"}


class Refused(Exception):  # noqa: N818 - what happened: the journey ends here
    """A step wasn't done, and its answer says so."""


async def done(system: System, service: str, path: str, body: Any, **options: Any) -> Any:
    """Send a POST and return what was made."""
    answer = await system.post(service, path, json=body, **options)
    if not answer.is_success:
        raise Refused(f"{path}: {answer.status_code}")
    return answer.json()


async def user(system: System, role: str) -> str:
    """Make a user and return its id."""
    body = {"email": f"u{system.number()}@example.com", "role": role, "name": "Somebody"}
    return str((await done(system, "user-service", "/users", body))["id"])


async def accepted(system: System) -> tuple[str, str, str]:
    """Post a job, propose and accept; return company, assistant and payment."""
    company, assistant = await user(system, "company"), await user(system, "va")
    job = await done(system, "marketplace-service", "/jobs", {"companyId": company, **JOB})
    given = {"jobPostingId": job["id"], "userId": assistant, **PROPOSAL}
    proposal = await done(system, "marketplace-service", "/proposals", given)
    path = f"/proposals/{proposal['id']}/accept"
    agreed = await done(system, "marketplace-service", path, {})
    return company, assistant, str(agreed["paymentId"])


async def processed(system: System, payment: str) -> None:
    """Charge the payer."""
    path = f"/payments/{payment}/process"
    await done(system, "payments-service", path, {}, headers={"Idempotency-Key": system.number()})


@journey
async def look_up(system: System) -> None:
    """Look a user's card up."""
    someone = await user(system, "va")
    seen = await system.get("marketplace-service", f"/users/{someone}/card")
    if seen.is_success:
        assert seen.json()["user"]["id"] == someone


@journey
async def hire(system: System) -> None:
    """Post a job, propose, accept, and pay."""
    _, _, payment = await accepted(system)
    await processed(system, payment)
    found = await system.get("payments-service", f"/payments/{payment}")
    if found.is_success:
        assert found.json()["status"] == "succeeded"


@journey
async def refund(system: System) -> None:
    """Agree on a payment, process it, and give a part of it back."""
    payer, receiver = await user(system, "company"), await user(system, "va")
    given = {"payerId": payer, "receiverId": receiver, "amount": 500, "currency": "EUR"}
    key = {"Idempotency-Key": system.number()}
    payment = await done(system, "payments-service", "/payments/intent", given, headers=key)
    await processed(system, payment["id"])
    path, key = f"/payments/{payment['id']}/refund", {"Idempotency-Key": system.number()}
    body = {"reason": "late", "amount": 100}
    first = await done(system, "payments-service", path, body, headers=key)
    again = await done(system, "payments-service", path, body, headers=key)
    assert again["id"] == first["id"]


@journey
async def change(system: System) -> None:
    """Change a user while others read the card."""
    someone = await user(system, "va")
    path = f"/users/{someone}/card"
    await system.get("marketplace-service", path)
    changing = system.call("user-service", "PATCH", f"/users/{someone}", json={"name": "Another"})
    answers = await asyncio.gather(changing, system.get("marketplace-service", path))
    assert all(one.status_code in (200, 503) for one in answers)


@journey
async def leave(system: System) -> None:
    """Delete a user who has a job with a proposal."""
    company, assistant = await user(system, "company"), await user(system, "va")
    job = await done(system, "marketplace-service", "/jobs", {"companyId": company, **JOB})
    given = {"jobPostingId": job["id"], "userId": assistant, **PROPOSAL}
    await done(system, "marketplace-service", "/proposals", given)
    gone = await system.call("user-service", "DELETE", f"/users/{company}")
    assert gone.status_code in (204, 503)
