"""A difference is reported when it can be seen, and only then."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatrial.errors import InvalidRun, UsageError
from seatrial.loads.compare import Difference, collected, compare, least_chance
from seatrial.loads.profile import Phase, Profile
from seatrial.loads.samples import read_samples, same_run, what_ran
from seatrial.results import Check, Result, RunVerdict, Samples, Verdict


def test_a_plain_difference_is_seen_with_five_runs_each() -> None:
    first = {"goodput": [0.51, 0.52, 0.50, 0.53, 0.51]}
    second = {"goodput": [0.97, 0.96, 0.98, 0.97, 0.99]}
    (found,) = compare(first, second)
    assert found.difference is Difference.BETTER
    assert found.chance == pytest.approx(2 / 252)
    (back,) = compare(second, first)
    assert back.difference is Difference.WORSE


def test_less_is_better_where_it_is() -> None:
    (found,) = compare({"during.amplification": [3.0] * 5}, {"during.amplification": [0.1] * 5})
    assert found.difference is Difference.BETTER


def test_the_same_distribution_is_no_difference() -> None:
    rng = random.Random(1)
    reported = 0
    for _ in range(100):
        first, second = ([rng.gauss(1, 0.1) for _ in range(5)] for _ in range(2))
        (found,) = compare({"goodput": first}, {"goodput": second})
        reported += found.difference is not Difference.NONE
    assert reported <= 10  # of 100; one in twenty is expected


def test_one_figure_of_many_must_be_plainer_to_be_reported() -> None:
    """Looked at alone it would be seen; among ten it may be chance."""
    first = {"goodput": [1, 2, 3, 4.0]} | {f"p{n}.goodput": [1.0, 2, 3, 4] for n in range(10)}
    second = {**first, "goodput": [5, 6, 7, 8.0]}
    alone = compare({"goodput": first["goodput"]}, {"goodput": second["goodput"]})
    assert alone[0].difference is Difference.BETTER
    among = {one.figure: one.difference for one in compare(first, second)}
    assert among["goodput"] is Difference.NONE


def test_single_runs_never_differ() -> None:
    (found,) = compare({"goodput": [0.1]}, {"goodput": [0.9]})
    assert found.difference is Difference.NONE
    assert "no difference can be seen" in found.sentence
    assert least_chance(1, 1) == 1.0
    assert least_chance(3, 3) > 0.05 > least_chance(4, 4)


def test_figures_that_no_direction_is_known_of_are_left_out() -> None:
    with pytest.raises(UsageError, match="no figure in common"):
        compare({"load_requests": [1.0]}, {"load_requests": [2.0]})


def test_a_figure_that_a_repeat_lacks_is_left_out() -> None:
    assert collected([{"a": 1, "b": 2}, {"a": 3}]) == {"a": (1, 3)}
    assert collected([]) == {}


PROFILE = Profile(title="x", phases=(Phase("steady", 8, 60),))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _result(verdict: RunVerdict, *samples: Samples) -> Result:
    check = Check(
        id="load.errors",
        subject="x",
        verdict=Verdict.PASSED,
        explanation="",
        evidence=samples,
        rerun="",
    )
    return Result(
        command="load run",
        verdict=verdict,
        seed=1,
        started=NOW,
        duration_s=1.0,
        checks=(check,),
        notes=("invalid: late",) if verdict is RunVerdict.INVALID else (),
    )


def _samples(what: str = "steady") -> Samples:
    return Samples(subject="a", what=what, started=(NOW,), figures={"goodput": (0.9,)})


def test_samples_are_read_back_from_a_results_file(tmp_path: Path) -> None:
    _result(RunVerdict.PASSED, _samples()).write(tmp_path / "a.json")
    assert read_samples(tmp_path / "a.json") == _samples()


def test_what_holds_no_samples_is_refused_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(UsageError, match="can't be read"):
        read_samples(path)
    path.write_text("{}")
    with pytest.raises(UsageError, match="isn't a result"):
        read_samples(path)
    path.write_bytes(b"\xff\xfe nonsense")
    with pytest.raises(UsageError, match="isn't a result"):
        read_samples(path)
    _result(RunVerdict.PASSED).write(path)
    with pytest.raises(UsageError, match="0 load profiles"):
        read_samples(path)
    _result(RunVerdict.INVALID, _samples()).write(path)
    with pytest.raises(InvalidRun, match="invalid: late"):
        read_samples(path)


def test_runs_of_other_sizes_or_seeds_are_not_compared() -> None:
    what = what_ran("steady", PROFILE, 1)
    for other in (
        what_ran("steady", PROFILE, 2),
        what_ran("steady", PROFILE.scaled(rate_per_s=9), 1),
    ):
        with pytest.raises(UsageError, match="can't be compared"):
            same_run(_samples(what), _samples(other))
    same_run(_samples(what), _samples(what_ran("steady", PROFILE, 1)))
