"""What a user of the shop does."""

from seatrial.explore import System, journey


@journey
async def buy(system: System) -> None:
    """Order something."""
    await system.post("front", "/orders", json={"item": "book-000017"})
