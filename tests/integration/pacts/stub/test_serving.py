"""A pact file served alone: Pact's own rules decide, states tell answers apart."""

import base64
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from seatrial.pacts.files import read_pact
from seatrial.pacts.interactions import pact_document
from seatrial.pacts.stub import mocks
from seatrial.pacts.stub.serving import PactStub, StatesApp

ADA = {"name": "a user exists", "params": {"id": "ada"}}
NONE = {"name": "nobody exists"}


def rules(*matchers: dict[str, Any]) -> dict[str, Any]:
    return {"combine": "AND", "matchers": list(matchers)}


def body(content: object) -> dict[str, Any]:
    return {"content": content, "contentType": "application/json", "encoded": False}


def interaction(
    description: str, request: dict[str, Any], response: dict[str, Any], *states: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": "Synchronous/HTTP",
        "description": description,
        "providerStates": list(states),
        "request": {"method": "GET", **request},
        "response": response,
    }


JSON = {"Content-Type": ["application/json"]}
USER = {"status": 200, "headers": JSON, "body": body({"id": "ada"})}
INTERACTIONS = [
    interaction("get a user", {"path": "/users/ada"}, USER, ADA),
    interaction("get a user", {"path": "/users/ada"}, {"status": 404}, NONE),
    interaction("get friends", {"path": "/users/ada/friends"}, {"status": 204}, ADA),
    interaction(
        "get anybody's card",
        {
            "path": "/users/ada/card",
            "matchingRules": {"path": rules({"match": "regex", "regex": r"/users/\w+/card"})},
        },
        {
            "status": 200,
            "headers": {**JSON, "Access-Control-Allow-Origin": ["https://web.example"]},
            "body": body({"card": "c-1"}),
            "generators": {"body": {"$.card": {"type": "Uuid"}}},
        },
    ),
    interaction(
        "make a user",
        {
            "method": "POST",
            "path": "/users",
            "query": {"notify": ["yes"]},
            "headers": {**JSON, "Idempotency-Key": ["k-1"]},
            "body": body({"age": 36, "role": "va"}),
            "matchingRules": {
                "header": {"Idempotency-Key": rules({"match": "regex", "regex": ".+"})},
                "body": {"$.age": rules({"match": "integer"})},
            },
        },
        {"status": 201, "headers": JSON, "body": body({"id": "new"})},
    ),
]


@pytest.fixture
def stub(tmp_path: Path) -> PactStub:
    """A stub of a pact of a few interactions."""
    file = tmp_path / "web-users.json"
    file.write_text(json.dumps(pact_document("web", "users", INTERACTIONS)), encoding="utf-8")
    return PactStub(read_pact(file))


@pytest.fixture
async def http(stub: PactStub) -> AsyncIterator[httpx.AsyncClient]:
    """The client by which a consumer asks it."""
    transport = httpx.ASGITransport(stub)
    async with httpx.AsyncClient(transport=transport, base_url="http://stub") as client:
        yield client
    await stub.close()


@pytest.fixture
async def states(stub: PactStub) -> AsyncIterator[httpx.AsyncClient]:
    """The client that selects its states."""
    transport = httpx.ASGITransport(StatesApp(stub))
    async with httpx.AsyncClient(transport=transport, base_url="http://states") as client:
        yield client


def key(text: str = "k-2") -> dict[str, str]:
    return {"Idempotency-Key": text}


async def test_a_request_is_matched_by_the_rules_of_the_pact(http: httpx.AsyncClient) -> None:
    made = await http.post(
        "/users", params={"notify": "yes"}, json={"age": 7, "role": "va"}, headers=key()
    )
    assert (made.status_code, made.json()) == (201, {"id": "new"})
    card = await http.get("/users/somebody_else/card")
    assert card.status_code == 200
    assert "anybody" in card.headers["x-seatrial-interaction"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"json": {"age": "7", "role": "va"}}, "Expected '7' (String) to be an integer"),
        ({"json": {"age": 7, "role": "boss"}}, "'boss'"),
        ({"params": {"notify": "no"}}, "query parameter 'notify'"),
        ({"params": {"notify": "yes", "more": "1"}}, "Unexpected query parameter 'more'"),
        ({"headers": {}}, "Idempotency-Key"),
    ],
)
async def test_what_does_not_match_is_told_with_the_nearest_and_the_difference(
    http: httpx.AsyncClient, change: dict[str, Any], told: str
) -> None:
    good = {"params": {"notify": "yes"}, "json": {"age": 7, "role": "va"}, "headers": key()}
    answer = await http.post("/users", **{**good, **change})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "the nearest is 'make a user': " in answer.json()["detail"]
    assert told in answer.json()["detail"]
    assert any(told in difference for difference in answer.json()["differences"])


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("GET", "/users/ada/cards", "'get anybody's card'"),
        ("PUT", "/users", "'make a user'"),
        ("GET", "/user/ada", "'get a user (a user exists)'"),
    ],
)
async def test_another_place_is_told_with_the_place_that_is_nearest(
    http: httpx.AsyncClient, method: str, path: str, nearest: str
) -> None:
    answer = await http.request(method, path)
    assert answer.status_code == 500
    assert answer.json()["nearest"].replace('"', "'") == nearest
    assert f"and it was {method} {path}" in answer.json()["detail"]


async def test_the_same_request_in_two_states_is_not_guessed(http: httpx.AsyncClient) -> None:
    answer = await http.get("/users/ada")
    assert answer.status_code == 500
    assert "select the state of one" in answer.json()["detail"]
    assert "'get a user (nobody exists)'" in answer.json()["detail"]


async def test_a_state_is_selected_in_pacts_own_format(
    http: httpx.AsyncClient, states: httpx.AsyncClient
) -> None:
    for name, status in (("a user exists", 200), ("nobody exists", 404)):
        change = {"state": name, "params": {}, "action": "setup"}
        assert (await states.post("/_pact/state", json=change)).status_code == 200
        assert (await http.get("/users/ada")).status_code == status
        await states.post("/_pact/state", json={**change, "action": "teardown"})
    shown = (await states.get("/_pact/state")).json()
    assert shown == {"selected": {}, "known": ["a user exists", "nobody exists"]}


async def test_a_header_selects_a_state_for_one_request(
    http: httpx.AsyncClient, states: httpx.AsyncClient
) -> None:
    await states.post("/_pact/state", json={"state": "a user exists", "action": "setup"})
    header = {"x-pact-state": quote("nobody exists")}
    assert (await http.get("/users/ada", headers=header)).status_code == 404
    assert (await http.get("/users/ada")).status_code == 200


async def test_what_another_state_would_answer_is_told(
    http: httpx.AsyncClient, states: httpx.AsyncClient
) -> None:
    await states.post("/_pact/state", json={"state": "nobody exists", "action": "setup"})
    answer = await http.get("/users/ada/friends")
    assert answer.status_code == 500
    detail = answer.json()["detail"]
    assert "is 'get friends (a user exists)', and the stub is in 'nobody exists'" in detail
    assert (await http.get("/users/ada/card")).status_code == 200, "it needs no state"


async def test_no_state_at_all_is_any_state(http: httpx.AsyncClient) -> None:
    assert (await http.get("/users/ada/friends")).status_code == 204


@pytest.mark.parametrize(
    "wrong",
    [{"state": "somebody exists"}, {"state": "a user exists", "params": ["id"]}, [], "no JSON"],
)
async def test_a_wrong_state_is_refused_in_a_sentence(
    states: httpx.AsyncClient, wrong: object
) -> None:
    content = wrong if isinstance(wrong, str) else json.dumps(wrong)
    answer = await states.post("/_pact/state", content=content)
    assert answer.status_code == 422
    assert answer.json()["detail"]


async def test_an_unknown_state_in_the_header_is_told(http: httpx.AsyncClient) -> None:
    answer = await http.get("/users/ada", headers={"x-pact-state": "somebody"})
    assert answer.status_code == 500
    assert "no interaction needs the state 'somebody'" in answer.json()["detail"]


async def test_generators_make_each_answer_anew(http: httpx.AsyncClient) -> None:
    first, second = [(await http.get("/users/ada/card")).json()["card"] for _ in range(2)]
    assert len(first) == len(second) == 36
    assert first != second


async def test_only_the_pacts_own_headers_are_sent(
    http: httpx.AsyncClient, states: httpx.AsyncClient
) -> None:
    card = await http.get("/users/ada/card")
    assert card.headers["access-control-allow-origin"] == "https://web.example"
    await states.post("/_pact/state", json={"state": "a user exists", "action": "setup"})
    user = await http.get("/users/ada")
    assert set(user.headers) == {"content-type", "content-length", "x-seatrial-interaction"}


async def test_a_worn_out_mock_server_is_replaced(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mocks, "_WORN_OUT", 2)
    answers = [await http.get("/users/ada/card") for _ in range(7)]
    assert {answer.status_code for answer in answers} == {200}


async def test_it_is_healthy_where_the_pact_says_nothing_of_that(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health/live")).json()["status"] == "ok"


@pytest.mark.parametrize(
    "target",
    [
        "/%00",
        "/%zz%ff",
        "//",
        "/users/" + "a" * 70_000,
        "/users?notify",
        "/?[x]=%F0%9F",
        "/a|b^c{}",
    ],
    ids=range(7),
)
async def test_no_target_is_more_than_it_can_tell_of(stub: PactStub, target: str) -> None:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"content-type", b"\xff"), (b"content-encoding", b"gzip")],
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"\xff\x00{", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await stub(scope, receive, send)
    await stub.close()
    assert sent[0]["status"] == 500
    assert json.loads(sent[1]["body"])["title"] == "Not in the pact"


async def test_a_difference_is_of_this_request_and_of_no_earlier_one(
    http: httpx.AsyncClient,
) -> None:
    first = await http.post("/users", params={"notify": "no"}, json={}, headers=key())
    assert "query parameter 'notify'" in first.json()["detail"]
    second = await http.get("/nowhere")
    assert "notify" not in second.text


async def test_an_encoded_body_is_passed_on_as_it_stands_in_the_pact(tmp_path: Path) -> None:
    packed = base64.b64encode(gzip.compress(b"{}")).decode()
    response = {
        "status": 200,
        "headers": {**JSON, "Content-Encoding": ["gzip"]},
        "body": {"content": packed, "contentType": "application/json", "encoded": "base64"},
    }
    document = pact_document("web", "users", [interaction("get", {"path": "/"}, response)])
    file = tmp_path / "packed.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    stub = PactStub(read_pact(file))
    transport = httpx.ASGITransport(stub)
    async with httpx.AsyncClient(transport=transport, base_url="http://stub") as client:
        assert (await client.get("/")).json() == {}
    await stub.close()
