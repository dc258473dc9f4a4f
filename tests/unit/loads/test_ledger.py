"""A ledger against its deals: each defect of it is found."""

from typing import Any

import pytest

from load.ledger import BID, REFUND, check_ledger
from seatrial.loads.stats import Arrival


def _entries(*moves: tuple[str, str, int]) -> list[dict[str, Any]]:
    return [
        {
            "transactionId": transaction,
            "paymentId": payment,
            "direction": direction,
            "amount": amount,
            "currency": "EUR",
        }
        for transaction, payment, amount in moves
        for direction in ("debit", "credit")
    ]


def _deals(*outcomes: str) -> list[Arrival]:
    good = {"paid", "refunded", "read"}
    return [Arrival(0.0, 0.0, 1.0, 0, "deals", name, name in good, "deal") for name in outcomes]


RIGHT = _entries(("t1", "p1", BID), ("t2", "p2", BID), ("t3", "p2", REFUND))


def _broken(entries: list[dict[str, Any]], *outcomes: str) -> set[str]:
    return {one.name for one in check_ledger(entries, _deals(*outcomes)) if not one.kept}


def test_a_right_ledger_has_what_was_acknowledged() -> None:
    assert _broken(RIGHT, "paid", "refunded") == set()


def test_a_deal_in_doubt_may_have_been_charged_or_not() -> None:
    assert _broken(RIGHT, "refunded", "process-503") == set()
    assert _broken(RIGHT, "paid", "refunded", "process-503") == set()


@pytest.mark.parametrize(
    ("entries", "broken"),
    [
        (RIGHT[:-1], {"ledger-balances"}),
        ([*RIGHT, *_entries(("t4", "p1", BID))], {"charges-once"}),
        (RIGHT[2:], {"charges-once"}),
        (RIGHT[:4], {"refunds-once"}),
        ([*RIGHT, *_entries(("t5", "p2", REFUND))], {"refunds-once"}),
    ],
    ids=["one-side", "charged-twice", "charge-lost", "refund-lost", "refunded-twice"],
)
def test_each_defect_is_found(entries: list[dict[str, Any]], broken: set[str]) -> None:
    assert _broken(entries, "paid", "refunded") == broken
