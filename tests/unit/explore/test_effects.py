"""One effect for what the journey asked for once: what was done twice, and what is known again."""

from collections import Counter

import pytest

from seatrial.config import Config
from seatrial.explore.edges import TappedEdge
from seatrial.explore.judging import Judge, Shown
from seatrial.explore.model import Fault, Point
from seatrial.explore.watch import SeenCall
from seatrial.tap import JournalEntry

POINT = Point("shop->bank", "POST /charges")
CONFIG = Config.model_validate({"services": {"bank": {"url": "http://127.0.0.1:9"}}})


def _charge(number: int, *, key: str | None, answer: bytes, fault: str | None = None) -> SeenCall:
    entry = JournalEntry(
        id=number,
        connection=1,
        method="POST",
        path="/charges",
        query="",
        idempotency_key=key,
        in_flight=1,
        arrived_s=float(number),
        answered_s=None if fault else number + 0.5,
        provider_status=201,
        fault=fault,
    )
    call = SeenCall(TappedEdge("shop->bank", "shop", "bank"), POINT, entry, "POST /charges {}", ())
    call.planned = fault
    if fault:
        call.of_provider = answer
    else:
        call.answer = answer
    return call


@pytest.mark.parametrize(
    ("first", "second", "keys", "wrong"),
    [
        (b'{"id": "c1"}', b'{"id": "c2"}', (None, None), True),
        (b'{"id": "c1"}', b'{"id": "c1"}', (None, None), False),
        (b'{"id": "c1"}', b'{"id": "c1"}', ("a", "b"), False),
        (b'{"id": "c1"}', b'{"id": "c2"}', ("a", "b"), True),
        (b"{}", b"{}", (None, None), True),
        (b"{}", b"{}", ("a", "a"), False),
        (b"{}", b'{"id": "c1"}', (None, None), True),
    ],
)
def test_what_is_done_twice_and_has_one_name_is_one_effect(
    first: bytes, second: bytes, keys: tuple[str | None, str | None], *, wrong: bool
) -> None:
    calls = [
        _charge(1, key=keys[0], answer=first, fault="answer-lost"),
        _charge(2, key=keys[1], answer=second),
    ]
    shown = Shown((), calls, (Fault(POINT, "answer-lost"),), {})
    broke = Judge(CONFIG, (), Counter({"shop->bank POST /charges {}": 1})).judge(shown)
    assert [one.invariant for one in broke] == ["one-effect"] * wrong
    assert all(one.explanation.startswith("bank did POST /charges 2 times with") for one in broke)
