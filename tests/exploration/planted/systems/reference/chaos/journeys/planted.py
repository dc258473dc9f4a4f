"""What a user does where the planted mistakes show."""

import asyncio

from chaos.journeys.marketplace import JOB, PROPOSAL, accepted, done, processed, user
from seatrial.explore import System, journey


def nobody(system: System) -> str:
    """Return the id of a user who doesn't exist; that isn't known yet."""
    return f"nobody-{system.number()}"


async def registered(system: System, role: str) -> str:
    """Make a user, and let everybody hear of it: an event that comes later answers, too."""
    made = await user(system, role)
    await asyncio.sleep(1)
    return made


def said_missing(system: System) -> bool:
    """Return True if a fault said that there is none: then it may be believed."""
    return any("404" in fault.kind for fault in system.injected)


@journey
async def look(system: System) -> None:
    """Look a user's card up."""
    someone = await registered(system, "va")
    await system.get("marketplace-service", f"/users/{someone}/card")


@journey
async def look_again(system: System) -> None:
    """Look a card up, and again some seconds later."""
    someone = await registered(system, "va")
    await system.get("marketplace-service", f"/users/{someone}/card")
    hit = len(system.injected)
    await asyncio.sleep(3)
    seen = await system.get("marketplace-service", f"/users/{someone}/card")
    if len(system.injected) == hit:
        assert seen.status_code in (200, 503), "a user who exists is said to be missing"


@journey
async def look_after_change(system: System) -> None:
    """Look a card up, change it, and look again."""
    someone = await registered(system, "va")
    path = f"/users/{someone}"
    await system.get("marketplace-service", f"{path}/card")
    await system.call("user-service", "PATCH", path, json={"name": "Another"})
    await asyncio.sleep(3)
    seen = await system.get("marketplace-service", f"{path}/card")
    if seen.is_success and seen.json()["source"] != "stale":
        assert seen.json()["user"]["name"] == "Another", "an old card is shown as today's"


@journey
async def post_a_job(system: System) -> None:
    """Post a job as a company."""
    company = await registered(system, "company")
    posted = await system.post("marketplace-service", "/jobs", json={"companyId": company, **JOB})
    assert said_missing(system) or posted.status_code in (201, 503), "a company is refused"


@journey
async def post_for_nobody(system: System) -> None:
    """Post a job for a company that doesn't exist."""
    body = {"companyId": nobody(system), **JOB}
    posted = await system.post("marketplace-service", "/jobs", json=body)
    assert posted.status_code != 201, "a job was posted for nobody"


@journey
async def agree(system: System) -> None:
    """Accept a proposal, and look at its payment."""
    _, _, payment = await accepted(system)
    found = await system.get("payments-service", f"/payments/{payment}")
    # The faults are looked at: this holds whatever they are.
    assert found.status_code != 404, f"what was accepted has no payment: {system.injected}"


@journey
async def accept_again(system: System) -> None:
    """Accept a proposal, and again where that didn't work."""
    company, assistant = await user(system, "company"), await user(system, "va")
    job = await done(system, "marketplace-service", "/jobs", {"companyId": company, **JOB})
    given = {"jobPostingId": job["id"], "userId": assistant, **PROPOSAL}
    proposal = await done(system, "marketplace-service", "/proposals", given)
    path = f"/proposals/{proposal['id']}/accept"
    first = await system.post("marketplace-service", path, json={})
    if not first.is_success:
        await system.post("marketplace-service", path, json={})


async def intent(system: System, payer: str, receiver: str) -> str:
    """Agree on a payment and return its id."""
    given = {"payerId": payer, "receiverId": receiver, "amount": 500, "currency": "EUR"}
    key = {"Idempotency-Key": system.number()}
    made = await done(system, "payments-service", "/payments/intent", given, headers=key)
    return str(made["id"])


@journey
async def pay_nobody(system: System) -> None:
    """Agree on a payment of somebody who doesn't exist."""
    payer, receiver = nobody(system), nobody(system)
    given = {"payerId": payer, "receiverId": receiver, "amount": 500, "currency": "EUR"}
    key = {"Idempotency-Key": system.number()}
    made = await system.post("payments-service", "/payments/intent", json=given, headers=key)
    assert made.status_code != 201, "nobody would pay"


@journey
async def pay(system: System) -> None:
    """Agree on a payment, and process it."""
    payment = await intent(system, await user(system, "company"), await user(system, "va"))
    await processed(system, payment)


@journey
async def receipt(system: System) -> None:
    """Accept a proposal, and look at the receipt of its payment."""
    _, _, payment = await accepted(system)
    shown = await system.get("payments-service", f"/payments/{payment}/receipt")
    if shown.is_success and not said_missing(system):
        said = shown.json()
        missing = [one for one in ("payer", "receiver", "job") if said[one] is None]
        assert not missing or said["incomplete"], "what isn't known is said not to exist"
