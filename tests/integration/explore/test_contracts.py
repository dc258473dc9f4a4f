"""Answers that a pact or an OpenAPI document brings, on processes and in virtual time."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from seatrial.explore import Fault, KeptCase, Observation, Point, RunnerSpec, replay
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.system import Session

HERE = Path(__file__).parent

SERVICE = """
[services.{name}]
app = "cards:{name}"
command = ["python", "-m", "uvicorn", "cards:{name}", "--host", "{{host}}", "--port", "{{port}}"]
"""
CONFIG = (
    SERVICE.format(name="front")
    + 'addresses = { USERS_URL = "users" }\n'
    + SERVICE.format(name="users")
    + 'openapi = "/openapi.json"\n[explore]\nanswers_within_s = 4\nrecovers_within_s = 2\n'
)
JOURNEYS = '''
from seatrial.explore import journey


@journey
async def look(system):
    """Look at a card, and greet two."""
    await system.get("front", "/cards/ada")
    await system.post("front", "/wave")
'''
SEEN = Point("front->users", "GET /users/{id}", "ada")
GREETED = {who: Point("front->users", "POST /greetings", f"to={who}") for who in ("ada", "bob")}
GONE = "pact:410 see who is gone (a user is gone)"
BARE = "pact:200 see a user (a user without a name)"


def interaction(what: str, state: str, user: str, status: int, body: Any) -> dict[str, Any]:
    return {
        "type": "Synchronous/HTTP",
        "description": what,
        "providerStates": [{"name": state, "params": {"id": user}}],
        "request": {"method": "GET", "path": f"/users/{user}"},
        "response": {
            "status": status,
            "body": {"content": body, "contentType": "application/json"},
        },
    }


PACT: dict[str, Any] = {
    "consumer": {"name": "front"},
    "provider": {"name": "users"},
    "metadata": {"pactSpecification": {"version": "4.0"}},
    "interactions": [
        interaction("see a user", "a user exists", "eve", 200, {"id": "eve", "name": "Eve"}),
        interaction("see a user", "a user without a name", "bare", 200, {"id": "bare"}),
        interaction("see who is gone", "a user is gone", "old", 410, {"title": "gone"}),
    ],
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(HERE / "cards.py", tmp_path)
    for folder in ("chaos/journeys", "contracts/pacts"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "chaos/journeys/look.py").write_text(JOURNEYS)
    (tmp_path / "contracts/pacts/front-users.json").write_text(json.dumps(PACT))
    (tmp_path / "seatrial.toml").write_text(CONFIG)
    return tmp_path


def broken(seen: Observation) -> set[str]:
    assert seen.undecided is None
    return {one.invariant for one in seen.broke}


@pytest.mark.parametrize("virtual", [False, True], ids=["wire", "virtual"])
def test_what_contracts_bring_is_injected_and_judged(project: Path, virtual: bool) -> None:
    with RunnerSpec(project / "seatrial.toml", "look", virtual)() as run:
        plain = run(frozenset())
        sent = (call for call in plain.calls if call.point.edge == "front->users")
        points = {call.point for call in sent if not call.recovery}
        assert points == {SEEN, *GREETED.values()}, "the route is the contracts', not guessed"
        kinds = plain.alternatives[SEEN]
        assert {GONE, BARE, "openapi:451", "drift:drop $.name"} <= set(kinds)
        assert not any(kind.startswith("pact:") for kind in plain.alternatives[GREETED["ada"]])
        for point, kind, invariants in (
            (SEEN, GONE, {"answers-as-declared"}),
            (SEEN, BARE, {"answers-as-declared"}),
            (SEEN, "drift:drop $.name", {"answers-as-declared"}),
            (SEEN, "openapi:451", set()),
            (SEEN, "status-403", set()),
            (GREETED["ada"], "status-503", set()),
            (GREETED["bob"], "status-503", {"answers-as-declared"}),
        ):
            seen = run(frozenset({Fault(point, kind)}))
            assert seen.injected == {Fault(point, kind)}
            assert broken(seen) == invariants, kind
        asked = next(one for one in run(frozenset({Fault(SEEN, GONE)})).calls if one.fault)
        assert asked.answer == '410 {"title": "gone"}'


def test_answer_that_toxiproxy_cannot_give_is_the_taps(project: Path) -> None:
    plan = frozenset({Fault(SEEN, GONE)})
    spec = RunnerSpec(project / "seatrial.toml", "look")
    with Session() as session, open_engine(session, "embedded") as engine, spec(engine) as run:
        shown = replay(run, plan, ("answers-as-declared",), engine)
    assert (shown.faithful, shown.by_tap, shown.reproduced) == (False, (GONE,), True)


def test_kept_case_whose_answer_left_the_contract_is_undecided(project: Path) -> None:
    path = project / "case.json"
    point = {"edge": SEEN.edge, "operation": SEEN.operation, "about": SEEN.about}
    path.write_text(json.dumps({"journey": "look", "faults": [{"point": point, "fault": GONE}]}))
    kept = KeptCase(path)
    spec = RunnerSpec(project / "seatrial.toml", "look", virtual=True)
    with spec() as run:
        (check,) = kept.checks(run)
    assert (check.verdict, check.id) == (Verdict.FAILED, "explore.answers-as-declared")
    pact = {**PACT, "interactions": PACT["interactions"][:2]}
    (project / "contracts/pacts/front-users.json").write_text(json.dumps(pact))
    with spec() as run:
        (check,) = kept.checks(run)
    assert check.verdict is Verdict.UNDECIDED
    assert check.explanation.startswith("no contract has pact:410 see who is gone")
