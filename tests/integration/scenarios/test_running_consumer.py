"""A consumer that runs already, and was told the proxy's address beforehand, is judged too."""

import socket

from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import Part, Stage, load_scenarios, tell_parts
from seatrial.system import Launcher, Session
from tests.defects.run import HERE, ROOT

STORIES = ("provider_away", "flapping", "half_open_under_load", "garbage")


def test_stories_follow_each_other_on_one_consumer(free_port: int) -> None:
    listen = f"127.0.0.1:{free_port}"
    config = load_config(HERE / "seatrial.toml")
    with Session() as session, open_engine(session, "embedded") as engine:
        started = Launcher(session, config, HERE).start("shop", {"THINGS_URL": f"http://{listen}"})
        shop = config.services["shop"].model_copy(update={"command": None, "url": started.url})
        edge = config.edges["things"].model_copy(update={"listen": listen})
        running = config.model_copy(
            update={"services": {**config.services, "shop": shop}, "edges": {"things": edge}}
        )
        stage = Stage(Launcher(session, running, HERE), engine, "things")
        stories = load_scenarios(ROOT / "chaos")
        telling = tell_parts(stage, [Part(stories[name], None, {}) for name in STORIES])
        with socket.create_connection(("127.0.0.1", int(started.url.rpartition(":")[2]))):
            pass  # nobody ended it
    assert telling.invalid == []
    assert [one.part.scenario.name for one in telling.told] == list(STORIES)
    assert {finding.verdict for one in telling.told for finding in one.findings.values()} == {
        Verdict.PASSED
    }
