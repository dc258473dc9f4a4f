"""What a user of the shop does."""

from seatrial.explore import System, journey


@journey
async def look(system: System) -> None:
    """Look at something."""
    seen = await system.get("front", "/items/book-000017")
    if seen.is_success:
        assert seen.json() == {"price": 5, "count": 3}


@journey
async def buy(system: System) -> None:
    """Order something."""
    await system.post("front", "/orders", json={"item": "book-000017"})
