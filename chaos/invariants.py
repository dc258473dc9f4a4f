"""What holds of the reference system after every run of a journey, whatever went wrong in it."""

from collections import Counter
from typing import Any

from seatrial.explore import System, invariant


async def ledger(system: System) -> list[dict[str, Any]]:
    """Return all entries of the ledger."""
    path, found = "/payments/ledger?limit=100", []
    while path:
        answer = await system.get("payments-service", path)
        answer.raise_for_status()
        found += answer.json()["entries"]
        path = answer.links.get("next", {}).get("url", "")
    return found


@invariant
async def books_balance(system: System) -> None:
    """What one account loses another gains."""
    sums: Counter[str] = Counter()
    for entry in await ledger(system):
        sign = 1 if entry["direction"] == "debit" else -1
        sums[entry["transactionId"]] += sign * entry["amount"]
    wrong = [transaction for transaction, total in sums.items() if total]
    assert not wrong, f"these transactions don't balance: {', '.join(wrong)}"


@invariant
async def charges_are_payments(system: System) -> None:
    """Whoever was charged has a payment that succeeded, and is charged once."""
    answer = await system.get("acquirer", "/charges")
    answer.raise_for_status()
    references = [one["reference"] for one in answer.json()["charges"]]
    twice = [one for one, count in Counter(references).items() if count > 1]
    assert not twice, f"charged more than once: {', '.join(twice)}"
    for reference in references:
        payment = await system.get("payments-service", f"/payments/{reference}")
        payment.raise_for_status()
        status = payment.json()["status"]
        # What isn't known yet is being looked up: docs/adr/0008.
        assert status in ("succeeded", "refunded", "partially_refunded", "processing"), (
            f"{reference} was charged, and its payment is {status}"
        )
