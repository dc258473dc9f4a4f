"""What holds of the shop, whatever went wrong."""

from collections import Counter

from seatrial.explore import System, invariant


@invariant
async def charges_have_orders(system: System) -> None:
    """Every order is charged once, and nothing else is but what isn't known yet."""
    orders = (await system.get("front", "/orders")).json()
    charged = Counter((await system.get("payments", "/charges")).json())
    assert max(charged.values(), default=1) == 1, "charged twice"
    assert set(orders["paid"]) <= set(charged), "an order isn't paid"
    assert set(charged) <= {*orders["paid"], *orders["begun"]}, "charged, and there is no order"
