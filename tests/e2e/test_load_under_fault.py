"""Load on the real wire while something goes wrong: before it, meanwhile, and afterwards."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.loads.profile import FaultAt, Limits, Phase
from seatrial.loads.session.fault_schedule import FaultSchedule, ScenarioAt
from seatrial.loads.session.jobs import LoadJob, load_jobs
from seatrial.loads.session.on_edge import run_on_edge
from seatrial.results import Plot, Verdict
from seatrial.scenarios import load_scenarios
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

from .command import ROOT


@pytest.fixture(scope="module")
def testbed() -> Iterator[WireTestbed]:
    """The card's wire."""
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)
        yield WireTestbed(launcher, engine, "card")


@pytest.fixture(scope="module")
def jobs(testbed: WireTestbed) -> dict[str, LoadJob]:
    """The profiles that are made small here."""
    names = ["steady", "stampede", "invalidation-storm"]
    return load_jobs(testbed.config, ROOT / "load", names)


def _small(job: LoadJob, duration_s: float, *faults: FaultAt) -> LoadJob:
    """A profile whose one phase knows nothing of the faults."""
    small = replace(
        job.profile,
        phases=(Phase("steady", duration_s, 280 / duration_s),),
        entities=20,
        limits=Limits(deadline_s=2.0),
        phase_limits={"before": Limits(error_ratio_max=0.0)},
        faults=faults,
    )
    return replace(job, profile=small)


def test_figures_are_told_apart_by_the_fault_and_the_pictures_show_it(
    testbed: WireTestbed, jobs: dict[str, LoadJob]
) -> None:
    job = _small(jobs["steady"], 5.0, FaultAt("http-reset", 1.5, 2.0))
    outcome = run_on_edge(testbed, job, seed=1)
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
    assert shaded == {"reset"}
    assert any("oracle" in plot.title for plot in plots)


def test_a_fresh_process_is_a_flush_that_the_oracle_knows(
    testbed: WireTestbed, jobs: dict[str, LoadJob]
) -> None:
    job = _small(jobs["steady"], 4.0, FaultAt("killed", 1.0, 0.1, on="consumer"))
    outcome = run_on_edge(testbed, job, seed=1)
    assert outcome.invalid == ()
    evidence = outcome.evidence
    assert evidence is not None
    assert evidence.cold is not None
    assert evidence.faults[0].empties_the_cache
    assert evidence.upstream_calls is not None
    # Once more for each user that was asked for again, which a cache of that TTL alone isn't.
    assert evidence.upstream_calls <= evidence.cold.upstream * 1.05


def test_a_chaos_scenario_may_be_told_while_load_runs(
    testbed: WireTestbed, jobs: dict[str, LoadJob]
) -> None:
    scenario = load_scenarios(ROOT / "chaos")["provider_down"]
    job = _small(jobs["steady"], 4.0)
    outcome = run_on_edge(testbed, job, seed=1, scenarios=[ScenarioAt(scenario, 1.0)])
    assert outcome.invalid == ()
    assert outcome.evidence is not None
    assert [span.name for span in outcome.evidence.faults] == ["provider_down"]
    assert outcome.figures["before.goodput"] == 1.0


def test_a_fault_that_cannot_be_makes_the_run_invalid(testbed: WireTestbed) -> None:
    schedule = FaultSchedule(testbed, testbed.provider, [FaultAt("killed", 0.0, 0.1, on="nobody")])
    schedule.start(time.monotonic())
    while not schedule.problems:
        time.sleep(0.01)
    schedule.stop()
    assert "killed could not be applied: there is no process 'nobody'" in schedule.problems[0]


def test_a_run_that_ends_before_its_fault_is_invalid(testbed: WireTestbed) -> None:
    schedule = FaultSchedule(testbed, testbed.provider, [FaultAt("killed", 60.0, 0.1)])
    schedule.start(time.monotonic())
    schedule.stop()
    assert schedule.spans == []
    assert schedule.problems == ["the run was over before 1 of 1 faults began"]


SHORT = {
    "invalidation-storm": (
        Phase("short", 4, 70),
        Limits(staleness_max_s=2.0),
        "load.stays-fresh",
    ),
    "stampede": (
        Phase("short", 3, 80, hot_keys=5),
        Limits(upstream_over_oracle_max=1.05),
        "load.upstream-over-oracle",
    ),
}


@pytest.mark.parametrize("name", SHORT)
def test_the_designs_client_breaks_the_limit_that_ours_keeps(
    testbed: WireTestbed, jobs: dict[str, LoadJob], name: str
) -> None:
    """It hears of no change, and every one of its callers asks for itself."""
    phase, limits, check = SHORT[name]
    job = jobs[name]
    small = replace(
        job.profile,
        phases=(phase,),
        entities=15,
        limits=limits,
        phase_limits={},
        faults=tuple(one for one in job.profile.faults if one.name == "latency"),
    )
    verdicts = []
    for env in ({}, testbed.edge.controls["design-raising"].env):
        outcome = run_on_edge(testbed, replace(job, profile=small), seed=1, env=env)
        assert outcome.invalid == ()
        verdicts.append({one.id: one.verdict for one in outcome.checks}[check])
    assert verdicts == [Verdict.PASSED, Verdict.FAILED]
