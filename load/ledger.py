"""The ledger after deals were made: each acknowledged charge and refund is there, once."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from load.system import send
from seatrial.loads import Arrival, Assertion

BID = 10_000
REFUND = 2_500
"""Minor units, of each deal; charges and refunds differ by them."""


def read_ledger(url: str) -> list[dict[str, Any]]:
    """Read all entries, page after page."""
    entries: list[dict[str, Any]] = []
    path: str | None = "/payments/ledger?limit=100"
    while path:
        page, link = send("GET", f"{url}{path}")
        entries += page["entries"]
        following = re.search(r'<([^>]+)>;\s*rel="next"', link)
        path = following[1] if following else None
    return entries


def check_ledger(
    entries: Sequence[dict[str, Any]], arrivals: Sequence[Arrival]
) -> Iterable[Assertion]:
    """Both sides of each transaction, the sum, and each acknowledged charge and refund once.

    A deal that failed on the way may have been charged all the same: these may be there too.
    """
    sums: Counter[str] = Counter()
    by_transaction: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        sums[entry["currency"]] += entry["amount"] * (1 if entry["direction"] == "debit" else -1)
        by_transaction[entry["transactionId"]].append(entry)
    off = {currency: total for currency, total in sums.items() if total}
    paired = all(
        sorted(one["direction"] for one in sides) == ["credit", "debit"]
        for sides in by_transaction.values()
    )
    yield Assertion(
        "ledger-balances",
        not off and paired,
        f"{len(entries)} entries of {len(by_transaction)} transactions, "
        f"{'in pairs' if paired else 'not all in pairs'}, whose sum is {off or 0}",
    )
    moved = Counter(
        (sides[0]["paymentId"], sides[0]["amount"]) for sides in by_transaction.values()
    )
    done = Counter(one.outcome for one in arrivals)
    unsure = sum(not one.ok and one.kind != "job" for one in arrivals)
    for name, amount, acknowledged in (
        ("charges", BID, done["paid"] + done["refunded"]),
        ("refunds", REFUND, done["refunded"]),
    ):
        seen = [count for (_, moves), count in moved.items() if moves == amount]
        twice = sum(count > 1 for count in seen)
        yield Assertion(
            f"{name}-once",
            acknowledged <= sum(seen) <= acknowledged + unsure and not twice,
            f"{acknowledged} {name} were acknowledged and {sum(seen)} are in the ledger, {twice} "
            f"of them more than once; {unsure} deals ended in doubt",
        )
