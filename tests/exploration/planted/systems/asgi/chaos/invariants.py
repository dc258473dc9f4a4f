"""What holds of the shop, whatever went wrong."""

from collections import Counter
from typing import Any

from seatrial.explore import System, invariant


async def totals(system: System, service: str) -> dict[str, Any]:
    """Return what a service says that it did."""
    answer = await system.get(service, "/totals")
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def standing(system: System, service: str) -> list[str]:
    """Return what a service did and didn't undo, once for each time."""
    found = await totals(system, service)
    kept = Counter(found["done"]) - Counter(found["undone"])
    return sorted(kept.elements())


@invariant
async def orders_are_paid(system: System) -> None:
    """Every order was charged once, and nothing else was."""
    assert await standing(system, "payments") == sorted((await totals(system, "shop"))["orders"])


@invariant
async def orders_are_sent(system: System) -> None:
    """Every order has one parcel, and nothing else has."""
    assert await standing(system, "parcels") == sorted((await totals(system, "shop"))["orders"])


@invariant
async def refunded_once(system: System) -> None:
    """Nothing is given back twice."""
    assert all(count == 1 for count in (await totals(system, "payments"))["undone"].values())


@invariant
async def orders_are_confirmed(system: System) -> None:
    """Every order has one mail, or waits for it."""
    shop, sent = await totals(system, "shop"), await standing(system, "mail")
    assert len(sent) == len(set(sent)), "a mail was sent twice"
    assert {*sent, *shop["unsent"]} == set(shop["orders"]), "an order has no mail"
