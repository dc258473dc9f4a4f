"""What a user of the shop does."""

from seatrial.explore import System, journey

BOOK = "book-000017"


@journey
async def look(system: System) -> None:
    """Look at something."""
    seen = await system.get("shop", f"/items/{BOOK}")
    if seen.is_success:
        item = seen.json()
        assert item.get("id") == BOOK
        assert item["price"] in (5, 9)
        assert item["count"] == 3
        assert item["reviews"] in ([], [1, 2, 3])


@journey
async def buy(system: System) -> None:
    """Order something."""
    await system.post("shop", "/orders", json={"item": BOOK})
