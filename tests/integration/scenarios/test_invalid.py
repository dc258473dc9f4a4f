"""A consumer that can't be judged makes a run invalid, and the reason is said exactly."""

from collections.abc import Iterator

import pytest

from seatrial.config import Config, load_config
from seatrial.errors import UsageError
from seatrial.faults import Engine, open_engine
from seatrial.scenarios import Part, load_scenarios, run_parts
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from tests.defects.run import HERE, ROOT

SECONDS = 1.0
"""The time for which a silent consumer is waited for, in these tests."""


def odd(name: str) -> Config:
    """The defects' configuration with a consumer that is odd in this way."""
    config = load_config(HERE / "seatrial.toml")
    command = ("python", "-m", "tests.integration.scenarios.odd_consumer")
    shop = config.services["shop"].model_copy(update={"command": command, "env": {"ODD": name}})
    return config.model_copy(update={"services": {**config.services, "shop": shop}})


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with Session() as opened:
        yield opened


@pytest.fixture
def engine(session: Session) -> Iterator[Engine]:
    with open_engine(session, "embedded") as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("deaf", "no call reached the proxy: is THINGS_URL read? (shop answered 200)"),
        ("elsewhere", "is not edges.things.upstream, GET /things/{id}: it saw GET /other/thing-"),
        ("other", "shop answered 200 while all was well, which is not what edges.things.good"),
        ("dies", "shop ended with status 7. It said last:"),
        ("silent", "shop gave no answer within 1 s while all was well"),
    ],
)
def test_the_reason_is_said_and_nothing_is_judged(
    session: Session, engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str, said: str
) -> None:
    if name == "silent":  # the others answer, however busy the machine is
        monkeypatch.setattr("seatrial.testbed.call_driver.patience_s", lambda _: SECONDS)
        monkeypatch.setattr("seatrial.scenarios.live.patience_s", lambda _: SECONDS)
    testbed = WireTestbed(Launcher(session, odd(name), HERE), engine, "things")
    scenario = load_scenarios(ROOT / "chaos")["flapping"]
    batch = run_parts(testbed, [Part(scenario, None, {})])
    assert batch.runs == []
    (reason,) = batch.invalid
    assert reason.startswith("things/flapping: ")
    assert said in reason
    assert ("out of cheese" in reason) is (name == "dies")


def test_one_that_cant_be_started_is_a_wrong_set_up(session: Session, engine: Engine) -> None:
    testbed = WireTestbed(Launcher(session, odd("unstartable"), HERE), engine, "things")
    scenario = load_scenarios(ROOT / "chaos")["flapping"]
    with pytest.raises(UsageError, match="shop ended with status 1 before it listened") as caught:
        run_parts(testbed, [Part(scenario, None, {})])
    assert "no disk" in str(caught.value)


def test_one_that_cant_be_started_as_a_control_proves_nothing_of_it(
    session: Session, engine: Engine
) -> None:
    testbed = WireTestbed(
        Launcher(session, load_config(HERE / "seatrial.toml"), HERE), engine, "things"
    )
    scenario = load_scenarios(ROOT / "chaos")["flapping"]
    batch = run_parts(testbed, [Part(scenario, "broken", {"PYTHONHOME": "/nowhere"})])
    assert batch.runs == []
    assert "the consumer can't be started" in batch.invalid[0]


def test_what_the_tap_says_of_the_provider_is_said(session: Session, engine: Engine) -> None:
    config = load_config(HERE / "seatrial.toml")
    command = ("python", "-m", "tests.integration.scenarios.odd_provider")
    things = config.services["things"].model_copy(update={"command": command, "health": ""})
    config = config.model_copy(update={"services": {**config.services, "things": things}})
    testbed = WireTestbed(Launcher(session, config, HERE), engine, "things")
    batch = run_parts(testbed, [Part(load_scenarios(ROOT / "chaos")["flapping"], None, {})])
    (reason,) = batch.invalid
    assert (
        "the tap answered in the provider's place: the provider's answer isn't HTTP/1.1" in reason
    )


def test_one_reason_is_enough_for_all_scenarios(session: Session, engine: Engine) -> None:
    testbed = WireTestbed(Launcher(session, odd("deaf"), HERE), engine, "things")
    scenarios = load_scenarios(ROOT / "chaos")
    names = ("flapping", "storm", "garbage", "late_success", "probe_fails", "provider_back")
    batch = run_parts(testbed, [Part(scenarios[name], None, {}) for name in names], workers=1)
    assert batch.runs == []
    assert len(batch.invalid) == 1
