"""The answers that the tap keeps."""

from seatrial.tap.message import WholeAnswer
from seatrial.tap.replay_store import ReplayStore


def test_memory_is_bounded_and_forgets_the_oldest() -> None:
    memory = ReplayStore(limit_bytes=10_000)
    for n in range(5):
        memory.keep((str(n),), WholeAnswer(200, {}, bytes(2_000)))
    assert [memory.recall((str(n),)) is not None for n in range(5)] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_answer_that_is_too_large_is_not_kept() -> None:
    memory = ReplayStore(limit_bytes=10_000)
    memory.keep(("a",), WholeAnswer(200, {}, bytes(20_000)))
    assert memory.recall(("a",)) is None


def test_answer_that_is_kept_again_takes_its_own_place() -> None:
    memory = ReplayStore(limit_bytes=10_000)
    memory.keep(("other",), WholeAnswer(200, {}, b""))
    for _ in range(9):
        memory.keep(("same",), WholeAnswer(200, {}, bytes(2_000)))
    assert memory.recall(("other",)) is not None
