"""Which interactions ask the same of a provider, and of which of them a request is."""

from typing import Any

import pytest

from seatrial.pacts import Interaction, PactOperation, operations_of


def interaction(
    path: str, status: int = 200, method: str = "GET", state: Any = None, **request: Any
) -> Interaction:
    states = [{"name": "it is so", "params": state}] if state else []
    return Interaction(
        "web",
        "users",
        {
            "type": "Synchronous/HTTP",
            "description": f"{method} {path} {status}",
            "providerStates": states,
            "request": {"method": method, "path": path, **request},
            "response": {"status": status},
        },
    )


def shown(operations: tuple[PactOperation, ...]) -> dict[str, list[int]]:
    """Return the statuses of each operation."""
    return {
        f"{one.method} {one.route}": [i.document["response"]["status"] for i in one.interactions]
        for one in operations
    }


def by_regex(regex: str) -> dict[str, Any]:
    return {"path": {"combine": "AND", "matchers": [{"match": "regex", "regex": regex}]}}


def test_entity_that_a_state_names_is_any() -> None:
    found = operations_of([interaction("/users/ada/card", state={"id": "ada"})])
    assert shown(found) == {"GET /users/{id}/card": [200]}
    assert found[0].takes("GET", "/users/bob/card")
    assert not found[0].takes("GET", "/users/bob")
    assert not found[0].takes("POST", "/users/bob/card")
    assert found[0].ids("/users/bob/card") == ("bob",)


def test_entity_that_there_is_not_is_of_the_same_operation() -> None:
    found = operations_of(
        [interaction("/users/ada", state={"id": "ada"}), interaction("/users/no", 404)]
    )
    assert shown(found) == {"GET /users/{id}": [200, 404]}


def test_name_that_answers_well_is_a_route_of_its_own_and_comes_first() -> None:
    found = operations_of(
        [interaction("/users/ada", state={"id": "ada"}), interaction("/users/me")]
    )
    assert shown(found) == {"GET /users/me": [200], "GET /users/{id}": [200]}


@pytest.mark.parametrize(
    ("path", "regex", "route"),
    [
        ("/users/usr-1/card", r"^\/users\/usr-\d+\/card$", "/users/{id}/card"),
        ("/users/ada", "/users/[a-z]+", "/users/{id}"),
        ("/v1/users/0af9/x", "/v1/users/[0-9a-f]{4}/x", "/v1/users/{id}/x"),
        ("/users/ada", ".*", "/users/ada"),
    ],
)
def test_place_where_the_matcher_takes_another_value_is_a_parameter(
    path: str, regex: str, route: str
) -> None:
    (found,) = operations_of([interaction(path, matchingRules=by_regex(regex))])
    assert found.route == route


def test_request_that_the_matcher_takes_is_of_the_operation_whatever_its_route() -> None:
    (found,) = operations_of([interaction("/a/b", matchingRules=by_regex("/a(/b)*"))])
    assert found.takes("GET", "/a/b/b/b")
    assert not found.takes("GET", "/a/c")


def test_value_of_a_state_and_number_are_parameters() -> None:
    generated = {"path": {"type": "ProviderState", "expression": "/users/${userId}"}}
    assert [
        one.route for one in operations_of([interaction("/users/x", generators=generated)])
    ] == ["/users/{id}"]
    assert [one.route for one in operations_of([interaction("/users/17")])] == ["/users/{id}"]


def test_declared_route_goes_before_what_the_pact_shows() -> None:
    found = operations_of(
        [interaction("/users/ada"), interaction("/users/no", 404)],
        lambda _, path: "/users/{id}" if path.startswith("/users/") else None,
    )
    assert shown(found) == {"GET /users/{id}": [200, 404]}


def test_message_asks_nothing() -> None:
    message = {"type": "Asynchronous/Messages", "description": "said", "contents": {}}
    assert operations_of([Interaction("web", "users", message)]) == ()
