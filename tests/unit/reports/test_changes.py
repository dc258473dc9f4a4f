"""A result next to an earlier one."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatrial.cli.main import app
from seatrial.reports.changes import change_summary, with_changes
from seatrial.results import Changes, Check, Result, RunVerdict, Samples, Verdict
from tests.unit.reports.example import rich_result

VERDICTS = {
    "kept": (Verdict.PASSED, Verdict.PASSED),
    "breaks": (Verdict.PASSED, Verdict.FAILED),
    "appears broken": (None, Verdict.FAILED),
    "stays broken": (Verdict.FAILED, Verdict.FAILED),
    "unclear": (Verdict.PASSED, Verdict.UNDECIDED),
    "goes": (Verdict.PASSED, None),
    "is skipped": (Verdict.PASSED, Verdict.SKIPPED),
    "never was": (Verdict.SKIPPED, None),
    "mends": (Verdict.FAILED, Verdict.PASSED),
    "appears": (None, Verdict.PASSED),
}


def _check(name: str, verdict: Verdict) -> Check:
    return Check(id=f"chaos.x.{name}", subject="s", verdict=verdict, explanation="e", rerun="r")


def _results(verdicts: dict[str, tuple[Verdict | None, Verdict | None]]) -> list[Result]:
    return [
        rich_result().model_copy(
            update={
                "checks": tuple(
                    _check(name, verdict)
                    for name, pair in verdicts.items()
                    if (verdict := pair[side])
                ),
                "figures": {"chaos_s": (10.0, 13.0)[side], "goodput_per_s": (1.0, 9.0)[side]},
                "verdict": RunVerdict.FAILED,
            }
        )
        for side in (0, 1)
    ]


def _changes(old: Result, new: Result) -> Changes:
    found = with_changes(old, new).changes
    assert found is not None
    return found


def test_each_change_has_its_kind_and_the_worst_come_first() -> None:
    found = _changes(*_results(VERDICTS))
    assert [(one.kind, one.id.rpartition(".")[2]) for one in found.checks] == [
        ("new failure", "breaks"),
        ("new failure", "appears broken"),
        ("newly undecided", "unclear"),
        ("no longer tested", "is skipped"),
        ("no longer tested", "goes"),
        ("fixed", "mends"),
        ("new", "appears"),
    ]
    assert found.still_failed == 1
    assert change_summary(found) == (
        "2 new failure, 1 newly undecided, 2 no longer tested, 1 fixed, 1 new, 1 slower, "
        "1 still failed"
    )


def test_times_that_are_longer_are_named_and_rates_are_not() -> None:
    (slow,) = _changes(*_results({})).slower
    assert (slow.figure, slow.before, slow.after, slow.chance) == ("chaos_s", 10.0, 13.0, None)


def test_repeated_load_that_is_surely_slower_is_worse_and_chance_is_not() -> None:
    def sampled(*p99_ms: float) -> Result:
        started = (rich_result().started,) * len(p99_ms)
        samples = Samples(
            subject="spike", what="w", started=started, figures={"load_p99_ms": p99_ms}
        )
        check = _check("x", Verdict.PASSED).model_copy(update={"evidence": (samples,)})
        return rich_result().model_copy(update={"checks": (check,), "figures": {}})

    calm = sampled(10, 11, 12, 11, 10)
    assert not _changes(calm, sampled(10, 12, 11, 10, 12)).worse
    worse = _changes(calm, sampled(30, 31, 32, 31, 30))
    assert worse.worse
    assert [one.figure for one in worse.slower] == ["load_p99_ms"]


@pytest.mark.parametrize(
    ("names", "verdict", "status"),
    [
        (["kept", "stays broken", "mends", "appears"], RunVerdict.FAILED, 0),
        (["breaks"], RunVerdict.FAILED, 1),
        (["unclear"], RunVerdict.PASSED, 1),
        (["goes"], RunVerdict.PASSED, 1),
        (["kept"], RunVerdict.INVALID, 4),
    ],
)
def test_the_exit_code_says_whether_anything_is_worse(
    tmp_path: Path, names: list[str], verdict: RunVerdict, status: int
) -> None:
    old, new = _results({name: VERDICTS[name] for name in names})
    old.write(tmp_path / "old.json")
    new.model_copy(update={"verdict": verdict}).write(tmp_path / "new.json")
    words = ["report", f"{tmp_path}/new.json", "--against", f"{tmp_path}/old.json"]
    ran = CliRunner().invoke(app, [*words, "--report", f"{tmp_path}/page"])
    assert ran.exit_code == status, ran.output
    assert "What changed since 2026-03-01 09:30" in ran.output
    assert (tmp_path / "page" / "index.html").exists()


def test_without_an_earlier_one_it_exits_as_the_run_did(tmp_path: Path) -> None:
    rich_result().write(tmp_path / "new.json")
    words = ["report", f"{tmp_path}/new.json", "--report", f"{tmp_path}/page"]
    assert CliRunner().invoke(app, words).exit_code == 1


def test_what_is_no_result_is_refused_in_a_sentence(tmp_path: Path) -> None:
    from seatrial.errors import UsageError

    (tmp_path / "x.json").write_text('{"version": 1}')
    with pytest.raises(UsageError, match=r"x\.json: isn't a result that --json wrote: command"):
        Result.read(tmp_path / "x.json")
    with pytest.raises(UsageError, match="can't be read"):
        Result.read(tmp_path / "y.json")
