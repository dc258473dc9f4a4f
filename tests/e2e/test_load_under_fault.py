"""Load on the real wire while something goes wrong: before it, meanwhile, and afterwards."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.loads.profile import FaultAt, Limits, Phase
from seatrial.results import Plot, Verdict
from seatrial.scenarios import Stage, load_scenarios
from seatrial.scenarios.load_jobs import LoadJob, load_jobs
from seatrial.scenarios.mishaps import ScenarioAt
from seatrial.scenarios.under_load import run_load
from seatrial.system import Launcher, Session

from .command import ROOT


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """The card's wire."""
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)
        yield Stage(launcher, engine, "card")


def _job(stage: Stage, *faults: FaultAt) -> LoadJob:
    """A small profile whose one phase knows nothing of the faults."""
    job = load_jobs(stage.config, ROOT / "load", ["steady"])["steady"]
    small = replace(
        job.profile,
        phases=(Phase("steady", 6, 50),),
        entities=20,
        limits=Limits(deadline_s=2.0),
        phase_limits={"before": Limits(error_ratio_max=0.0)},
        faults=faults,
    )
    return replace(job, profile=small)


def test_figures_are_told_apart_by_the_fault_and_the_pictures_show_it(stage: Stage) -> None:
    outcome = run_load(stage, _job(stage, FaultAt("http-reset", 2.0, 2.0)), seed=1)
    assert outcome.invalid == ()
    assert outcome.evidence is not None
    (span,) = outcome.evidence.faults
    assert span.ended_s - span.began_s == pytest.approx(2.0, abs=1.5)
    found = outcome.figures
    assert found["before.goodput"] == 1.0
    assert found["during.goodput"] < found["before.goodput"]
    assert found["during.amplification"] > 0  # resets can be counted
    verdicts = {check.id: check.verdict for check in outcome.checks}
    assert verdicts["load.before.errors"] is Verdict.PASSED
    plots = [one for one in outcome.checks[0].evidence if isinstance(one, Plot)]
    shaded = {band.label for plot in plots for band in plot.bands if band.lane == "faults"}
    assert shaded == {"http-reset"}
    assert any("oracle" in plot.title for plot in plots)


def test_a_fresh_process_is_a_flush_that_the_oracle_knows(stage: Stage) -> None:
    job = _job(stage, FaultAt("killed", 1.5, 0.1, on="consumer"))
    outcome = run_load(stage, job, seed=1)
    assert outcome.invalid == ()
    evidence = outcome.evidence
    assert evidence is not None
    assert evidence.cold is not None
    assert evidence.faults[0].empties_the_cache
    assert evidence.upstream_calls is not None
    # Once more for each user that was asked for again, which a cache of that TTL alone isn't.
    assert evidence.upstream_calls <= evidence.cold.upstream * 1.05


def test_a_chaos_scenario_may_be_told_while_load_runs(stage: Stage) -> None:
    scenario = load_scenarios(ROOT / "chaos")["provider_away"]
    outcome = run_load(stage, _job(stage), seed=1, scenarios=[ScenarioAt(scenario, 1.0)])
    assert outcome.invalid == ()
    assert outcome.evidence is not None
    assert [span.name for span in outcome.evidence.faults] == ["provider_away"]
    assert outcome.figures["before.goodput"] == 1.0


def test_a_fault_that_never_comes_makes_the_run_invalid(stage: Stage) -> None:
    job = _job(stage, FaultAt("killed", 1.0, 0.1, on="nobody"))
    outcome = run_load(stage, job, seed=1)
    assert outcome.checks == ()
    assert "killed could not be played: there is no process 'nobody'" in outcome.invalid[0]


def test_users_that_change_are_seen_in_time_and_the_design_shows_them_never(stage: Stage) -> None:
    storm = load_jobs(stage.config, ROOT / "load", ["invalidation-storm"])["invalidation-storm"]
    small = replace(
        storm.profile,
        phases=(Phase("storm", 6, 60),),
        entities=15,
        limits=Limits(staleness_max_s=2.0),
        phase_limits={},
    )
    job = replace(storm, profile=small)
    verdicts = []
    for env in ({}, stage.edge.controls["design-raising"].env):
        outcome = run_load(stage, job, seed=1, env=env)
        assert outcome.invalid == ()
        verdicts.append({check.id: check.verdict for check in outcome.checks}["load.stays-fresh"])
    assert verdicts == [Verdict.PASSED, Verdict.FAILED]
