"""slicer in virtual time."""

import pytest

from seatrial.faults.engine.toxics.slicer import SlicerToxic

from ..rig import Rig, texts


def test_chunk_is_halved_until_pieces_are_small_enough() -> None:
    rig = Rig()
    rig.send(rig.stage(SlicerToxic(average_size=10)), b"0123456789" * 8)
    assert [data for _, data in rig.arrived] == [b"0123456789"] * 8


def test_each_piece_is_followed_by_the_pause() -> None:
    rig = Rig()
    stage = rig.stage(SlicerToxic(average_size=10, delay=20_000))
    rig.send(stage, b"x" * 40)
    rig.send(stage, b"y" * 10)
    stage.end()
    rig.advance(1)
    assert [when for when, _ in rig.arrived] == [pytest.approx(n / 50) for n in range(5)]
    assert rig.data == b"x" * 40 + b"y" * 10
    assert rig.ended_s == pytest.approx(0.08)
    assert (rig.held, rig.timers) == (0, 0)


def test_pauses_too_short_for_a_timer_hold_on_average() -> None:
    rig = Rig()
    rig.send(rig.stage(SlicerToxic(average_size=1, delay=100)), b"x" * 64)
    rig.now_s += 0.00325  # a timer came late
    rig.advance(0)
    assert len(rig.arrived) == 33


def test_sizes_vary_within_bounds_and_nothing_is_lost() -> None:
    rig = Rig()
    data = bytes(range(256)) * 40
    rig.send(rig.stage(SlicerToxic(average_size=100, size_variation=30)), data)
    sizes = [len(piece) for _, piece in rig.arrived]
    assert rig.data == data
    assert max(sizes) <= 130
    assert min(sizes) >= 1
    assert len(set(sizes)) > 5


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_smallest_sizes_end(size: int) -> None:
    rig = Rig()
    rig.send(rig.stage(SlicerToxic(average_size=size, size_variation=size - 1)), b"x" * 1000)
    assert len(rig.data) == 1000


def test_halted_stage_sends_the_rest_of_its_chunk_whole() -> None:
    rig = Rig()
    stage = rig.stage(SlicerToxic(average_size=10, delay=1_000_000))
    rig.send(stage, b"x" * 40)
    rig.send(stage, b"later")
    stage.end()
    held, ended = stage.halt()
    assert [len(data) for _, data in rig.arrived] == [10, 30]
    assert (texts(held), ended, rig.held, rig.timers) == ([b"later"], True, 0, 0)


@pytest.mark.parametrize(
    ("slicer", "problem"),
    [
        (SlicerToxic(), "slicer: average_size + size_variation must be 1 or more, not 0"),
        (SlicerToxic(10, -10), "slicer: average_size + size_variation must be 1 or more, not 0"),
        (
            SlicerToxic(10, 12),
            "slicer: size_variation must be at most average_size + 1 (11), not 12",
        ),
        (SlicerToxic(0, 2), "slicer: size_variation must be at most average_size + 1 (1), not 2"),
        (SlicerToxic(-1, 2), "slicer: size_variation must be at most average_size + 1 (0), not 2"),
    ],
)
def test_impossible_sizes_are_a_problem(slicer: SlicerToxic, problem: str) -> None:
    assert slicer.problem() == problem


@pytest.mark.parametrize(
    "slicer", [SlicerToxic(10, 10), SlicerToxic(10, 11), SlicerToxic(0, 1), SlicerToxic(10, -9)]
)
def test_sizes_that_come_to_an_end_lose_nothing(slicer: SlicerToxic) -> None:
    assert slicer.problem() is None
    rig = Rig()
    rig.send(rig.stage(slicer), bytes(range(256)))
    rig.advance(1)
    assert rig.data == bytes(range(256))
    assert max(len(data) for _, data in rig.arrived) <= slicer.average_size + slicer.size_variation
