"""Shards and what they make together: the whole, or what is missing of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from seatrial.cli.main import app
from seatrial.errors import UsageError
from seatrial.explore import Search, Shard, cases_of, checks_of, coverage_of, merged
from seatrial.results import Check, Result, RunVerdict, Verdict, judge
from tests.exploration.driving import drive
from tests.exploration.known import MAILCHIMP, NETFLIX, declared, leaf
from tests.exploration.toys import FAILED, Caller, System


def result(system: System, shard: Shard, *, runs: int = 10**9, seed: int = 1) -> Result:
    """Return what `seatrial explore` makes of a search."""
    search = drive(Search(system.name, 2, shard=shard), system, runs)
    checks = tuple(checks_of(search, "seatrial explore"))
    return Result(
        command="explore",
        verdict=judge(checks),
        seed=seed,
        started=datetime(2026, 1, shard.number, tzinfo=UTC),
        duration_s=1.0,
        checks=checks,
        figures={"explore_runs": search.runs},
        cases=tuple(cases_of(search)),
        coverage={search.journey: coverage_of(search)},
    )


def shards(system: System, of: int) -> dict[Path, Result]:
    """Return the results of all shards, by their files."""
    every = (Shard(number, of) for number in range(1, of + 1))
    return {Path(f"{each.number}.json"): result(system, each) for each in every}


def broken(checks: tuple[Check, ...]) -> set[str]:
    return {check.subject for check in checks if check.id == "explore.declared answers"}


@pytest.mark.parametrize("system", [MAILCHIMP, NETFLIX], ids=lambda one: one.name)
@pytest.mark.parametrize("of", [2, 3])
def test_shards_are_together_what_the_whole_is(system: System, of: int) -> None:
    whole, together = result(system, Shard()), merged(shards(system, of))
    mine, theirs = together.coverage[system.name], whole.coverage[system.name]
    assert (mine.sets, mine.points, mine.exhausted_to) == (theirs.sets, theirs.points, 2)
    assert mine.run + mine.reduced == theirs.run + theirs.reduced
    assert mine.broke == theirs.broke > 0
    kept = [one.explanation for one in together.checks if one.id == "explore.kept"]
    assert f"in {theirs.sets - theirs.broke - theirs.contained:,} sets" in kept[0]
    assert [level.sets for level in mine.levels] == [level.sets for level in theirs.levels]
    assert {one.faults for one in together.cases} == {one.faults for one in whole.cases}
    assert {one.shows for one in together.cases} == {one.shows for one in whole.cases}
    assert broken(together.checks) == broken(whole.checks)
    assert together.verdict is whole.verdict
    assert [found.point for found in mine.at] == [found.point for found in theirs.at]


def test_a_missing_shard_is_said_and_proves_nothing() -> None:
    files = shards(NETFLIX, 3)
    del files[Path("2.json")]
    together = merged(files)
    assert together.coverage[NETFLIX.name].exhausted_to == 1
    assert "invalid: shard 2/3 is missing" in together.notes[0]
    assert RunVerdict.PASSED is not together.verdict


def test_a_shard_that_ran_out_of_time_leaves_its_share() -> None:
    files = shards(NETFLIX, 2)
    files[Path("2.json")] = result(NETFLIX, Shard(2, 2), runs=35)
    together = merged(files).coverage[NETFLIX.name]
    assert together.exhausted_to == 1
    assert together.left > 0
    assert together.sets == result(NETFLIX, Shard()).coverage[NETFLIX.name].sets


def test_what_does_not_belong_together_is_refused() -> None:
    files = shards(MAILCHIMP, 2)
    with pytest.raises(UsageError, match=r"again\.json: is shard 1, and so is 1\.json"):
        merged(files | {Path("again.json"): files[Path("1.json")]})
    with pytest.raises(UsageError, match=r"2\.json: seed: 2, and in 1\.json: 1"):
        merged(files | {Path("2.json"): result(MAILCHIMP, Shard(2, 2), seed=2)})
    with pytest.raises(UsageError, match=r"2\.json: journeys"):
        merged(files | {Path("2.json"): result(NETFLIX, Shard(2, 2))})
    with pytest.raises(UsageError, match="isn't the result of seatrial explore --shard"):
        merged({Path("whole.json"): result(MAILCHIMP, Shard())})


def test_the_command_reads_files_and_writes_one(tmp_path: Path) -> None:
    files = []
    for path, one in shards(MAILCHIMP, 2).items():
        files.append(str(tmp_path / path))
        one.write(tmp_path / path)
    whole = tmp_path / "whole.json"
    ran = CliRunner().invoke(app, ["merge", *files, "--json", str(whole)])
    assert ran.exit_code == 1, ran.output
    assert Result.read(whole).coverage[MAILCHIMP.name].exhausted_to == 2


def test_of_a_case_that_several_shards_found_the_mildest_is_kept() -> None:
    def page(caller: Caller, _operation: str) -> str:
        return "nonsense" if {caller.get("a"), caller.get("b")} <= FAILED else "page"

    services = {"page": page, "a": leaf("a"), "b": leaf("b")}
    kinds = ("status-503", "refused")
    system = System("two", services, lambda user: [user.get("page")], declared("page"), kinds)
    whole, together = result(system, Shard()), merged(shards(system, 3))
    failed = [one for one in together.checks if one.verdict is Verdict.FAILED]
    assert len(failed) == len(together.cases) == 1
    assert {one.subject for one in failed} <= {one.subject for one in whole.checks}
    for fault in together.cases[0].faults:
        assert (fault.fault, fault.also) == ("status-503", ("refused",))
