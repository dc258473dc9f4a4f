"""`seatrial load compare`: its table, its codes, and what it says where nothing can be shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner, Result

from seatrial.cli.load import _words, app
from seatrial.loads import Phase, Profile
from seatrial.loads.session import LoadJob
from seatrial.results import Check, RunVerdict, Samples, Verdict
from seatrial.results import Result as LoadResult

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOW, HIGH = (0.1, 0.11, 0.12, 0.13, 0.14), (0.9, 0.91, 0.92, 0.93, 0.94)


def _write(path: Path, goodput: tuple[float, ...], *, after_min: int = 0) -> str:
    started = tuple(NOW + timedelta(minutes=after_min + 2 * n) for n in range(len(goodput)))
    samples = Samples(subject="x", what="spike", started=started, figures={"goodput": goodput})
    check = Check(
        id="load.errors",
        subject="x",
        verdict=Verdict.PASSED,
        explanation="",
        evidence=(samples,),
        rerun="",
    )
    LoadResult(
        command="load run",
        verdict=RunVerdict.PASSED,
        seed=1,
        started=NOW,
        duration_s=1.0,
        checks=(check,),
    ).write(path)
    return str(path)


def _compare(
    tmp_path: Path, first: tuple[float, ...], second: tuple[float, ...], **at: int
) -> Result:
    words = [
        "compare",
        _write(tmp_path / "a.json", first),
        _write(tmp_path / "b.json", second, **at),
    ]
    return CliRunner().invoke(app, words)


def test_a_worse_second_run_ends_with_1(tmp_path: Path) -> None:
    done = _compare(tmp_path, HIGH, LOW, after_min=1)
    assert done.exit_code == 1
    assert "worse" in done.stdout
    assert "interleaved" not in done.stderr


def test_a_better_one_and_an_equal_one_end_with_0(tmp_path: Path) -> None:
    assert _compare(tmp_path, LOW, HIGH).exit_code == 0
    done = _compare(tmp_path, LOW, LOW)
    assert done.exit_code == 0
    assert "not seen" in done.stdout


def test_too_few_runs_are_told_to_show_nothing_ever(tmp_path: Path) -> None:
    done = _compare(tmp_path, HIGH[:1], LOW[:1])
    assert done.exit_code == 0
    assert "no difference can be seen: with 1 and 1 runs none ever could" in done.stderr


def test_runs_one_after_the_other_are_told_apart_from_interleaved_ones(tmp_path: Path) -> None:
    done = _compare(tmp_path, HIGH, LOW, after_min=60)
    assert "the runs were not interleaved" in done.stderr


def test_a_rerun_command_has_all_options_that_made_the_run() -> None:
    words = _words(
        [("--rate", 20.0), ("--duration", None), ("--workers", 2)],
        [("--fault", ["latency@2+3,delay_s=0.5"]), ("--scenario", [])],
        [],
    )
    profile = Profile(title="x", phases=(Phase("steady", 8, 60),))
    job = LoadJob("spike", Path("load/spike.py"), profile, options=words)
    fault = "--fault latency@2+3,delay_s=0.5"
    assert job.rerun == f"seatrial load run spike --rate 20 --workers 2 {fault}"
