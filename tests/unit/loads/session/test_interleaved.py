"""A client against a baseline: its gains, and the price that it pays for them."""

from pathlib import Path

import pytest

from seatrial.loads.compare import compare
from seatrial.loads.profile import Phase, Profile
from seatrial.loads.session.interleaved import Side, baseline_check, interleave
from seatrial.loads.session.jobs import LoadJob
from seatrial.loads.session.judging import LoadResult
from seatrial.results import Check, Verdict
from tests.unit.loads.planted import evidence_of, run_of

JOB = LoadJob("down", Path("load/away.py"), Profile(title="x", phases=(Phase("steady", 8, 60),)))
LOW, HIGH = [0.1, 0.11, 0.12, 0.13, 0.14], [0.9, 0.91, 0.92, 0.93, 0.94]


def _check(**figures: tuple[list[float], list[float]]) -> Check:
    first, second = ({name: both[at] for name, both in figures.items()} for at in (0, 1))
    return baseline_check(JOB, [Side("ours", {}), Side("design", {})], compare(first, second))


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ({"goodput": (HIGH, LOW)}, Verdict.PASSED),
        ({"goodput": (LOW, HIGH)}, Verdict.FAILED),
        ({"goodput": (LOW, LOW)}, Verdict.UNDECIDED),
        ({"goodput": (LOW, LOW), "amplification": (LOW, HIGH)}, Verdict.PASSED),
        ({"goodput": (HIGH, LOW), "recovery_s": (HIGH, LOW)}, Verdict.PASSED),
        ({"goodput": (LOW, LOW), "recovery_s": (HIGH, LOW)}, Verdict.UNDECIDED),
    ],
)
def test_goodput_and_amplification_decide(
    figures: dict[str, tuple[list[float], list[float]]], verdict: Verdict
) -> None:
    assert _check(**figures).verdict is verdict


def test_the_price_is_reported_with_the_gain() -> None:
    said = _check(goodput=(HIGH, LOW), recovery_s=(HIGH, LOW)).explanation
    assert "goodput: 0.92 and 0.12; the second is worse" in said
    assert "recovery_s: 0.92 and 0.12; the second is better" in said


def test_what_cannot_be_seen_is_said_as_that() -> None:
    assert "no difference can be seen" in _check(goodput=(LOW, LOW)).explanation


def _played(*invalid: bool, repeats: int, interrupted_at: int | None = None) -> tuple[Side, Side]:
    """Two sides whose turns come out so, one after the other; an invalid one has its seed in it."""
    sides = (Side("ours", {}), Side("design", {}))
    verdicts = iter(invalid)

    def play(side: Side, seed: int) -> LoadResult:
        assert side in sides
        if seed == interrupted_at:
            evidence = evidence_of(run_of([], interrupted=True), None)
            return LoadResult((), (f"seed {seed}",), {}, evidence)
        return LoadResult((), (f"seed {seed}",) if next(verdicts) else (), {"seed": seed})

    interleave(sides, play, seed=1, repeats=repeats)
    return sides


def test_turns_before_ctrl_c_are_kept() -> None:
    sides = (Side("ours", {}), Side("design", {}))

    def play(side: Side, seed: int) -> LoadResult:
        if seed == 2 and side is sides[1]:
            raise KeyboardInterrupt
        return LoadResult((), (), {"seed": seed})

    interleave(sides, play, seed=1, repeats=3)
    assert [len(side.runs) for side in sides] == [1, 1]
    assert sides[0].interrupted
    with pytest.raises(KeyboardInterrupt):
        interleave((Side("ours", {}), sides[1]), play, seed=2, repeats=3)


def test_both_sides_of_a_turn_share_its_seed() -> None:
    first, second = _played(*[False] * 6, repeats=3)
    for side in (first, second):
        assert [one.figures["seed"] for one in side.runs] == [1, 2, 3]


def test_a_turn_that_proves_nothing_on_one_side_is_taken_again_on_both() -> None:
    first, second = _played(False, False, False, True, False, False, repeats=2)
    for side in (first, second):
        assert [one.figures["seed"] for one in side.runs] == [1, 3]
        assert side.invalid == ()
    assert (first.discarded, second.discarded) == ((), ("seed 2",))


def test_turns_are_not_taken_again_for_ever() -> None:
    first, _ = _played(*[True] * 8, repeats=2)
    assert len(first.runs) == 2
    assert first.discarded == ("seed 1", "seed 2")
    assert first.invalid == ("seed 3", "seed 4")


def test_a_single_run_is_what_it_is() -> None:
    first, _ = _played(True, False, repeats=1)
    assert first.invalid == ("seed 1",)


def test_nothing_more_is_run_after_an_interruption() -> None:
    first, second = _played(False, False, repeats=5, interrupted_at=2)
    assert (len(first.runs), len(second.runs)) == (2, 1)
    assert first.invalid == ("seed 2",)
