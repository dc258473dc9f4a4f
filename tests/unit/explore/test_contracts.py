"""What contracts bring to a point: the provider's answers in other states, drifts, routes."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.config import DeclaredPolicy
from seatrial.explore.alternatives import Alternatives, PointInfo
from seatrial.explore.contracts import EdgeContract, KnownAnswers
from seatrial.explore.kinds import delays, is_good_answer, reaches_provider, status_of
from seatrial.explore.naming import Template
from seatrial.explore.processes import Processes
from seatrial.pacts import Document, Interaction, kind_of, operations_of, read_pact
from seatrial.tap import AnotherSchema, AnswerWith, JsonChange, Status

PACTS = Path(__file__).parents[3] / "contracts" / "pacts"
FULL = {"id": "ada", "name": "Ada"}
BARE = {"id": "bare"}


def interaction(
    what: str,
    status: int,
    body: Any = None,
    *,
    method: str = "GET",
    path: str = "/users/ada",
    state: str = "",
    headers: dict[str, list[str]] | None = None,
) -> Interaction:
    entity = path.rpartition("/")[2]
    states = [{"name": state, "params": {"id": entity}}] if state else []
    response: dict[str, Any] = {"status": status, "headers": headers or {}}
    if body is not None:
        response["body"] = {"content": body, "contentType": "application/json", "encoded": False}
    return Interaction(
        "web",
        "users",
        {
            "type": "Synchronous/HTTP",
            "description": what,
            "providerStates": states,
            "request": {"method": method, "path": path},
            "response": response,
        },
    )


SEEN = interaction("see a user", 200, FULL, state="a user exists")
SEEN_BARE = interaction("see a user", 200, BARE, path="/users/bare", state="a bare user exists")
MISSING = interaction("see nobody", 404, {"title": "none"}, path="/users/nobody")
BUSY = interaction("see a user later", 503, state="busy", headers={"Retry-After": ["7"]})


def known(
    *interactions: Interaction, path: str = "/users/u-77", method: str = "GET"
) -> KnownAnswers:
    return EdgeContract(interactions).known(method, path)


def answered(found: KnownAnswers, kind: str) -> tuple[int, Any]:
    action = found.action(kind)
    assert isinstance(action, AnswerWith)
    body = base64.b64decode(action.body)
    return action.status, json.loads(body) if body else None


def test_each_answer_of_the_operation_is_a_kind_with_its_body() -> None:
    found = known(BUSY, SEEN, MISSING)
    assert list(found.answers) == ["pact:404 see nobody", "pact:503 see a user later (busy)"]
    assert answered(found, "pact:404 see nobody") == (404, {"title": "none"})
    assert found.retry_after_s("pact:503 see a user later (busy)") == 7
    assert found.retry_after_s("pact:404 see nobody") == 0


def test_good_answers_of_another_form_come_first_and_are_about_what_was_asked_for() -> None:
    found = known(SEEN, SEEN_BARE, MISSING)
    bare = "pact:200 see a user (a bare user exists)"
    assert list(found.answers)[:2] == ["pact:200 see a user (a user exists)", bare]
    assert answered(found, bare) == (200, {"id": "u-77"})
    action = found.action(bare)
    assert isinstance(action, AnswerWith)
    assert action.headers == {"content-type": ("application/json",)}


def test_good_answers_that_differ_in_values_alone_are_what_is_answered_anyway() -> None:
    other = interaction(
        "see another", 200, {"id": "bob", "name": "Bob"}, path="/users/bob", state="b"
    )
    assert not known(SEEN, other).answers


def test_good_answer_to_an_unsafe_request_would_say_what_was_not_done() -> None:
    made = interaction("make", 201, FULL, method="POST", path="/users")
    made_bare = interaction("make bare", 200, BARE, method="POST", path="/users")
    refused = interaction("make twice", 409, method="POST", path="/users")
    found = known(made, made_bare, refused, method="POST", path="/users")
    assert list(found.answers) == ["pact:409 make twice"]


def test_answers_that_are_the_same_are_one_kind() -> None:
    again = interaction("see nobody again", 404, {"title": "none"}, path="/users/nobody")
    assert list(known(SEEN, MISSING, again).answers) == ["pact:404 see nobody"]


def test_drifts_are_the_fields_that_the_consumer_needs_and_other_types() -> None:
    found = known(SEEN, MISSING)
    assert list(found.drifts) == ["drift:drop $.id", "drift:drop $.name", "drift:retype"]
    assert found.action("drift:drop $.name") == AnotherSchema(
        changes=(JsonChange(op="remove", at="/name"),)
    )
    assert found.action("drift:retype") == AnotherSchema()


def test_request_of_no_operation_has_nothing() -> None:
    assert known(SEEN, path="/jobs/1") == KnownAnswers()
    assert known(SEEN).action("pact:410 gone") is None


def document(**responses: Any) -> Document:
    answers = {name.removeprefix("_"): one for name, one in responses.items()}
    paths = {"/users/{userId}": {"get": {"responses": answers}}}
    return Document({"openapi": "3.1.0", "paths": paths}, "it")


GOOD = {"content": {"application/json": {"schema": {"required": ["id"]}}}}
CONFLICT = {"content": {"application/problem+json": {"example": {"title": "conflict"}}}}


def test_document_adds_the_errors_that_the_pact_has_not() -> None:
    against = document(_200=GOOD, _404={}, _409=CONFLICT, _429={}, default={})
    found = EdgeContract([SEEN, MISSING], against).known("GET", "/users/u-77")
    assert list(found.answers) == ["pact:404 see nobody", "openapi:409", "openapi:429"]
    conflict = found.action("openapi:409")
    assert isinstance(conflict, Status)
    assert (conflict.status, conflict.json_body) == (409, {"title": "conflict"})
    assert conflict.headers == {"content-type": "application/problem+json"}
    assert found.retry_after_s("openapi:429") == 1
    assert next(iter(found.drifts)) == "drift:drop $.id"


def test_document_alone_says_which_fields_are_required() -> None:
    found = EdgeContract(document=document(_200=GOOD)).known("GET", "/users/u-77")
    assert list(found.drifts) == ["drift:drop $.id", "drift:retype"]


def test_routes_are_those_of_pact_and_document_with_one_name_for_parameters() -> None:
    routes = EdgeContract([SEEN], document(_200=GOOD)).routes
    assert {(one.method, one.path) for one in routes} == {("GET", "/users/{id}")}


def test_declared_route_shows_what_in_a_pact_is_an_id() -> None:
    plain = interaction("see ada", 200, FULL), interaction("see nobody", 404, path="/users/nobody")
    declared = [Template("GET", "/users/{id}")]
    assert EdgeContract(plain).known("GET", "/users/u-77") == KnownAnswers()
    found = EdgeContract(plain, declared=declared).known("GET", "/users/u-77")
    assert list(found.answers) == ["pact:404 see nobody"]


ALTERNATIVES = Alternatives(Processes(), 1.0)


def point(found: KnownAnswers) -> PointInfo:
    return PointInfo("web", "users", "GET", DeclaredPolicy(), found)


def test_point_has_them_mildest_first_and_no_general_status_twice() -> None:
    kinds = ALTERNATIVES.kinds(point(known(SEEN, SEEN_BARE, MISSING)))
    assert kinds == (
        "pact:200 see a user (a user exists)",
        "pact:200 see a user (a bare user exists)",
        "pact:404 see nobody",
        "status-503",
        "status-429",
        "status-403",
        "status-500",
        "status-502",
        "reset",
        "close",
        "half-body",
        "drift:drop $.id",
        "drift:drop $.name",
        "drift:retype",
        "hang",
    )


def test_kind_that_the_contract_lost_is_not_injected() -> None:
    found = point(known(SEEN, MISSING))
    assert ALTERNATIVES.intercept("pact:404 see nobody", found).fault == "pact:404 see nobody"
    assert ALTERNATIVES.intercept("pact:410 see what is gone", found).fault is None


@pytest.mark.parametrize(
    ("kind", "status", "reaches", "good"),
    [
        ("pact:404 see nobody", 404, False, False),
        ("pact:200 see a user (bare)", 200, False, True),
        ("pact:200 in\ntwo lines", 200, False, True),
        ("openapi:409", 409, False, False),
        ("status-503", 503, False, False),
        ("drift:drop $.id", None, True, False),
        ("half-body", None, True, False),
    ],
)
def test_what_a_kind_means(kind: str, status: int | None, reaches: bool, good: bool) -> None:
    assert status_of(kind) == status
    assert reaches_provider(kind) is reaches
    assert is_good_answer(kind) is good
    assert not delays(kind)


@pytest.mark.parametrize("path", sorted(PACTS.glob("*.json")), ids=lambda path: path.stem)
def test_each_committed_request_is_of_the_operation_that_holds_its_interaction(path: Path) -> None:
    asked = [one for one in read_pact(path).interactions if kind_of(one).asks_over_http]
    operations = operations_of(asked)
    for one in asked:
        request = one.document["request"]
        found = next(each for each in operations if each.takes(request["method"], request["path"]))
        assert one in found.interactions
    assert sum(len(each.interactions) for each in operations) == len(asked)


def test_drift_of_a_field_that_the_answer_has_not_is_in_vain() -> None:
    found = known(SEEN, MISSING)
    assert not found.in_vain(b'{"id": "u-77", "name": "Ada"}')
    assert found.in_vain(b'{"id": "u-77"}') == {"drift:drop $.name"}
    assert found.in_vain(b"no JSON") == set(found.drifts)
