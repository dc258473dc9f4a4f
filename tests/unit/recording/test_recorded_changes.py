"""Recorded interactions are compared with the hand-written ones of the same operation."""

from contracts import PACTS
from contracts.changes.judging import COMMANDS, Recorded
from contracts.changes.recorded import _judged, _operation
from contracts.changes.table import CHANGES
from seatrial.pacts import Interaction, read_pacts
from seatrial.pacts.kinds import kind_of

RULE = {"combine": "AND", "matchers": [{"match": "type"}]}


def recorded(*fields: str) -> Interaction:
    """An interaction as it is recorded of an edge, with these fields of a profile."""
    body = {"id": "4f1c1f0e-0d4f-4a58-9d0c-0f1f4f6b7a10", "role": "va", "name": "A", "version": 1}
    content = {name: body[name] for name in fields}
    answer = {"content": content, "contentType": "application/json", "encoded": False}
    rules = {"body": {f"$.{name}": RULE for name in fields}}
    return Interaction(
        "marketplace-service",
        "user-service",
        {
            "type": "Synchronous/HTTP",
            "description": "get /users/{id}/profile",
            "providerStates": [{"name": "a user exists", "params": {"id": body["id"]}}],
            "request": {"method": "GET", "path": f"/users/{body['id']}/profile"},
            "response": {"status": 200, "body": answer, "matchingRules": rules},
        },
    )


def examples() -> list[Recorded]:
    """The hand-written interactions, answered as they themselves say."""
    return [
        Recorded(one, kind_of(one).example(one))
        for pact in read_pacts(PACTS, list(COMMANDS))
        for one in pact.interactions
    ]


def test_a_change_is_judged_by_both_kinds_of_pacts() -> None:
    operation = _operation(recorded("id", "role"), examples())
    assert len(operation.written) == 2
    changes = {one.what: one for one in CHANGES if one.provider == "user-service"}
    assert _judged(changes["a profile has no role"], [operation]) == (True, True, True)
    assert _judged(changes["name is firstName"], [operation]) == (True, False, True)
    assert _judged(changes["more fields"], [operation]) == (False, False, True)
