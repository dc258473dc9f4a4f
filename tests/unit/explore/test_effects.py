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


USUAL = Counter({"shop->bank POST /charges {}": 1})


def _shown(first: bytes, second: bytes, keys: tuple[str | None, str | None]) -> Shown:
    calls = [
        _charge(1, key=keys[0], answer=first, fault="answer-lost"),
        _charge(2, key=keys[1], answer=second),
    ]
    return Shown((), calls, (Fault(POINT, "answer-lost"),), {})


@pytest.mark.parametrize(
    ("first", "second", "keys", "wrong"),
    [
        (b'{"id": "c1"}', b'{"id": "c2"}', (None, None), True),
        (b'{"id": "c1"}', b'{"id": "c1"}', (None, None), False),
        (b'{"id": "c1"}', b'{"id": "c1"}', ("a", "b"), False),
        (b'{"id": "c1"}', b'{"id": "c2"}', ("a", "b"), True),
        (b'{"chargeId": "c1"}', b'{"chargeId": "c2"}', (None, None), True),
        (b'{"made": [{"uuid": 1}]}', b'{"made": [{"uuid": 2}]}', (None, None), True),
        (b'{"charge_id": "c1"}', b'{"charge_id": "c1"}', (None, None), False),
        (b"{}", b"{}", ("a", "b"), True),
        (b"{}", b"{}", ("a", "a"), False),
        (b"{}", b'{"left": 1}', ("a", "a"), False),
    ],
)
def test_what_is_done_twice_and_has_one_name_is_one_effect(
    first: bytes, second: bytes, keys: tuple[str | None, str | None], *, wrong: bool
) -> None:
    shown, judge = _shown(first, second, keys), Judge(CONFIG, (), USUAL)
    broke = judge.judge(shown)
    assert [one.invariant for one in broke] == ["one-effect"] * wrong
    assert all(one.explanation.startswith("bank did POST /charges 2 times with") for one in broke)
    assert not list(judge.doubts(shown, ()))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (b"", b""),
        (b"{}", b'{"id": "c1"}'),
        (b'{"order_id": "o1"}', b'{"order_id": "o1"}'),
        (b'{"token": "token-81", "left": 2}', b'{"token": "token-82", "left": 1}'),
    ],
)
def test_without_a_key_and_a_name_the_number_of_effects_is_undecided(
    first: bytes, second: bytes
) -> None:
    shown, judge = _shown(first, second, (None, None)), Judge(CONFIG, (), USUAL)
    for one in shown.calls:
        one.content = {"order": "o1"}
    assert not judge.judge(shown)
    (said,) = judge.doubts(shown, ())
    assert said.startswith("bank did POST /charges 2 times without an idempotency key, and the")
    assert not list(judge.doubts(shown, {"bank"})), "an invariant looks at it"


def test_an_id_that_the_consumer_chose_names_what_was_made() -> None:
    shown, judge = _shown(b'{"id": "o1"}', b'{"id": "o1"}', (None, None)), Judge(CONFIG, (), USUAL)
    for one in shown.calls:
        one.content = {"id": "o1"}
    assert not judge.judge(shown)
    assert not list(judge.doubts(shown, ()))


def test_a_declared_idempotent_post_may_be_done_twice() -> None:
    said = {"idempotent": ["shop->bank: POST /charges"]}
    config = Config.model_validate({**CONFIG.model_dump(exclude_defaults=True), "explore": said})
    shown = _shown(b"", b"", (None, None))
    assert not list(Judge(config, (), USUAL).doubts(shown, ()))
