"""A consumer's breaker is judged against a pact file alone: no provider is there at all."""

import json
from pathlib import Path

from seatrial.config import Config, DeclaredService, Entity, load_config
from seatrial.faults import open_engine
from seatrial.pacts.interactions import pact_document
from seatrial.results import Verdict
from seatrial.scenarios import load_scenarios, run_chaos
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed

ROOT = Path(__file__).parents[4]
PROFILE = {
    "type": "Synchronous/HTTP",
    "description": "get anybody's profile",
    "request": {
        "method": "GET",
        "path": "/users/usr-1/profile",
        "matchingRules": {
            "path": {
                "combine": "AND",
                "matchers": [{"match": "regex", "regex": r"/users/usr-[-\d]+/profile"}],
            }
        },
    },
    "response": {
        "status": 200,
        "headers": {"Content-Type": ["application/json"]},
        "body": {
            "content": {"id": "usr-1", "role": "va", "version": 1},
            "contentType": "application/json",
            "encoded": False,
        },
    },
}


def with_a_pact_for_its_provider(folder: Path) -> Config:
    """The reference system, with a pact in the place of user-service."""
    file = folder / "pact.json"
    document = pact_document("marketplace-service", "user-service", [PROFILE])
    file.write_text(json.dumps(document), encoding="utf-8")
    config = load_config(ROOT / "seatrial.toml")
    edge = config.edges["card"].model_copy(update={"controls": {}, "entity": Entity(ids="usr-{n}")})
    services = {**config.services, "user-service": DeclaredService(pact=str(file))}
    return config.model_copy(update={"services": services, "edges": {"card": edge}})


def test_a_scenario_runs_against_a_pact_alone(tmp_path: Path) -> None:
    config = with_a_pact_for_its_provider(tmp_path)
    scenario = load_scenarios(ROOT / "chaos")["provider_down"]
    with Session() as session, open_engine(session, "embedded") as engine:
        run = run_chaos(WireTestbed(Launcher(session, config, ROOT), engine, "card"), [scenario])
    assert run.invalid == []
    assert {
        check.id: check.verdict for check in run.checks if check.verdict is Verdict.FAILED
    } == {}
    assert any(check.verdict is Verdict.PASSED for check in run.checks)
