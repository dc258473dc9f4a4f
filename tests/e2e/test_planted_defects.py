"""A consumer that doesn't keep what it declares is caught, each defect by its own check.

Most defects are planted in a small consumer written for them (tests/defects); some in the reference
system's, whose settings are changed while what it declares stays.
"""

from collections.abc import Iterator

import pytest

from seatrial.config import Control, LoadProfile, load_config
from seatrial.faults import open_engine
from seatrial.loads.session.jobs import load_jobs
from seatrial.loads.session.on_edge import run_on_edge
from seatrial.results import Check, Verdict
from seatrial.scenarios import load_scenarios, run_chaos
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from tests.defects.planted import PLANTED, Defect
from tests.defects.run import Found, find

from .command import ROOT

SCENARIOS = list(dict.fromkeys((defect.edge, defect.scenario) for defect in PLANTED))


@pytest.fixture(scope="module")
def found() -> list[Found]:
    """Each scenario's verdicts on each defect, and on the consumer without any."""
    return find()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("defect", PLANTED, ids=lambda defect: defect.name)
def test_each_planted_defect_is_caught_by_its_own_check_alone(
    found: list[Found], defect: Defect
) -> None:
    (one,) = [each for each in found if each.defect == defect]
    assert one.invalid == ""
    assert one.failed == (defect.check,)


def test_no_story_finds_anything_in_the_consumer_without_a_defect(found: list[Found]) -> None:
    right = [one for one in found if one.defect is None]
    assert len(right) == len(SCENARIOS)
    assert {one.scenario: one.findings for one in right if not one.is_clean} == {}


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Session() as session:
        yield Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)


@pytest.fixture(scope="module")
def testbed(launcher: Launcher) -> Iterator[WireTestbed]:
    with open_engine(launcher.session, "embedded") as engine:
        yield WireTestbed(launcher, engine, "card")


def test_a_cache_that_hears_of_no_changes_is_caught(testbed: WireTestbed) -> None:
    # Another database of the same server: connected, caught up, and without any event.
    other_events = (testbed.redis_url or "").removesuffix("/0") + "/1"
    deaf = Control(
        explanation="no events",
        env={"REDIS_URL": other_events},
        fails=("user_changes/shows-changes-in-time",),
    )
    testbed.edge = testbed.edge.model_copy(update={"controls": {"deaf": deaf}})
    run = run_chaos(testbed, [load_scenarios(ROOT / "chaos")["user_changes"]])
    assert run.invalid == []
    assert {check.id for check in run.checks if check.verdict is not Verdict.PASSED} == set()
    assert "control.deaf" in {check.id for check in run.checks}


def loaded(testbed: WireTestbed, ttl_s: str) -> dict[str, Check]:
    """The checks of a small load on a consumer whose entries live for this long."""
    small = LoadProfile(rate_per_s=60.0, duration_s=6.0, entities=60)
    config = testbed.config.model_copy(update={"load": {"cached-lookups": small}})
    job = load_jobs(config, ROOT / "load", ["cached-lookups"])["cached-lookups"]
    outcome = run_on_edge(testbed, job, seed=1, env={"USER_CLIENT_CACHE_TTL_S": ttl_s})
    assert outcome.invalid == ()
    return {check.id: check for check in outcome.checks}


@pytest.mark.parametrize(
    ("ttl_s", "check"), [("0.5", "load.upstream-over-oracle"), ("60", "load.entries-expire")]
)
def test_a_time_to_live_that_is_not_kept_is_caught_under_load(
    testbed: WireTestbed, ttl_s: str, check: str
) -> None:
    assert loaded(testbed, ttl_s)[check].verdict is Verdict.FAILED
