"""A consumer that doesn't keep what it declares is caught, each defect by its own check.

The declared policy stays, the consumer's own settings are changed: planted defects, told to the
scenarios as negative controls are.
"""

from collections.abc import Iterator

import pytest

from seatrial.config import Control, LoadProfile, load_config
from seatrial.faults import open_engine
from seatrial.results import Check, Verdict
from seatrial.scenarios import Stage, load_scenarios, run_chaos
from seatrial.scenarios.load_jobs import load_jobs
from seatrial.scenarios.under_load import run_load
from seatrial.system import Launcher, Session

from .command import ROOT

DEFECTS: dict[str, dict[str, tuple[dict[str, str], str]]] = {
    "provider_away": {
        "opens-late": ({"USER_CLIENT_FAILURES": "7"}, "opens-at-threshold"),
        "opens-early": ({"USER_CLIENT_FAILURES": "4"}, "stays-closed-below-threshold"),
    },
    "provider_back": {
        "open-too-short": ({"USER_CLIENT_OPEN_S": "0.5"}, "stays-open-as-declared"),
        "open-too-long": ({"USER_CLIENT_OPEN_S": "9"}, "tries-again-after-open-time"),
        "too-many-probes": ({"USER_CLIENT_PROBES": "8"}, "caps-probes"),
        "too-few-probes": ({"USER_CLIENT_PROBES": "1"}, "caps-probes"),
        "closes-late": ({"USER_CLIENT_SUCCESSES": "9"}, "closes-after-successes"),
    },
    "tries_fail": {
        "too-many-attempts": ({"USER_CLIENT_ATTEMPTS": "4"}, "attempts-per-call"),
        "no-backoff": ({"USER_CLIENT_BACKOFF_S": "0.001"}, "waits-grow"),
    },
    "user_changes": {
        "no-cache": ({"USER_CLIENT_CACHE_TTL_S": "0.001"}, "hit-sends-nothing"),
        # Another database of the same server: connected, caught up, and without any event.
        "no-events": ({"REDIS_URL": "{redis}"}, "shows-changes-in-time"),
    },
}


@pytest.fixture(scope="module")
def launcher() -> Iterator[Launcher]:
    with Session() as session:
        yield Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)


@pytest.fixture(scope="module")
def stage(launcher: Launcher) -> Iterator[Stage]:
    with open_engine(launcher.session, "embedded") as engine:
        yield Stage(launcher, engine, "card")


def planted(stage: Stage, scenario: str) -> dict[str, Control]:
    """The defects that a scenario shall find, as negative controls."""
    other_events = (stage.redis_url or "").removesuffix("/0") + "/1"
    return {
        name: Control(
            explanation=name,
            env={key: value.replace("{redis}", other_events) for key, value in env.items()},
            fails=(f"{scenario}/{check}",),
        )
        for name, (env, check) in DEFECTS[scenario].items()
    }


@pytest.mark.parametrize("scenario", DEFECTS)
def test_each_planted_defect_is_caught_by_its_own_check_alone(stage: Stage, scenario: str) -> None:
    found = load_scenarios(ROOT / "chaos")[scenario]
    stage.edge = stage.edge.model_copy(update={"controls": planted(stage, scenario)})
    run = run_chaos(stage, [found])
    assert run.invalid == []
    assert {check.id for check in run.checks if check.verdict is not Verdict.PASSED} == set()
    assert sum(check.id.startswith("control.") for check in run.checks) == len(DEFECTS[scenario])


def loaded(stage: Stage, ttl_s: str) -> dict[str, Check]:
    """The checks of a small load on a consumer whose entries live for this long."""
    small = LoadProfile(rate_per_s=60.0, duration_s=6.0, entities=60)
    config = stage.config.model_copy(update={"load": {"cached-lookups": small}})
    job = load_jobs(config, ROOT / "load", ["cached-lookups"])["cached-lookups"]
    outcome = run_load(stage, job, seed=1, env={"USER_CLIENT_CACHE_TTL_S": ttl_s})
    assert outcome.invalid == ()
    return {check.id: check for check in outcome.checks}


@pytest.mark.parametrize(
    ("ttl_s", "check"), [("0.5", "load.upstream-over-oracle"), ("60", "load.entries-expire")]
)
def test_a_time_to_live_that_is_not_kept_is_caught_under_load(
    stage: Stage, ttl_s: str, check: str
) -> None:
    assert loaded(stage, ttl_s)[check].verdict is Verdict.FAILED
