"""Pacts as other tools write them, served: text that looks like JSON, bodies without a header."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from seatrial.errors import UsageError
from seatrial.pacts.answers import HttpAnswer
from seatrial.pacts.asgi import BODY_MAX
from seatrial.pacts.files import parse_pact
from seatrial.pacts.interactions import pact_document
from seatrial.pacts.kinds import HTTP
from seatrial.pacts.stub.serving import PactStub, StatesApp

CURLY = '{"value":"abc"}'
N = {"content": {"n": 1}, "contentType": "application/json", "encoded": False}


def http(request: dict[str, Any], response: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An interaction."""
    asked = {"method": "GET", "path": "/a", **request}
    answer = {"status": 200, **response}
    named = {"type": "Synchronous/HTTP", "description": more.pop("description", "ask")}
    return {**named, "request": asked, "response": answer, **more}


def stub_of(*interactions: dict[str, Any], version: str = "4.0") -> PactStub:
    """A stub."""
    document = pact_document("web", "shop", interactions)
    document["metadata"] = {"pactSpecification": {"version": version}}
    return PactStub(parse_pact(document, "it.json"))


@asynccontextmanager
async def client(stub: PactStub) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a stub."""
    transport = httpx.ASGITransport(app=stub)
    async with httpx.AsyncClient(transport=transport, base_url="http://stub") as opened:
        yield opened
    await stub.close()


async def test_a_header_and_a_query_that_look_like_json_are_text() -> None:
    request = {"headers": {"X-Ctx": [CURLY]}, "query": {"q": [CURLY]}}
    async with client(stub_of(http(request, {"headers": {"X-Back": [CURLY]}}))) as asked:
        answer = await asked.get("/a", params={"q": CURLY}, headers={"X-Ctx": CURLY})
        assert (answer.status_code, answer.headers["x-back"]) == (200, CURLY)
        other = await asked.get("/a", params={"q": CURLY}, headers={"X-Ctx": "abc"})
        assert other.status_code == 500


async def test_a_body_is_whole_whatever_length_the_file_says() -> None:
    headers = {"Content-Type": ["application/json"], "Content-Length": ["3"]}
    async with client(stub_of(http({}, {"headers": headers, "body": N}))) as asked:
        assert (await asked.get("/a")).json() == {"n": 1}


async def test_an_empty_body_in_the_request_asks_for_nothing() -> None:
    async with client(stub_of(http({"body": {"content": ""}}, {}))) as asked:
        assert (await asked.get("/a")).status_code == 200


async def test_a_body_is_matched_without_a_header_that_the_pact_does_not_ask_for() -> None:
    async with client(stub_of(http({"method": "POST", "body": N}, {}))) as asked:
        assert (await asked.post("/a", content=b'{"n": 1}')).status_code == 200
        assert (await asked.post("/a", json={"n": 1})).status_code == 200
        refused = await asked.post("/a", content=b'{"n": 2}')
        assert refused.status_code == 500
        assert "Content-Type" not in refused.json()["detail"]


async def test_a_body_without_a_header_is_refused_where_the_pact_asks_for_it() -> None:
    request = {"method": "POST", "body": N, "headers": {"Content-Type": ["application/json"]}}
    async with client(stub_of(http(request, {}))) as asked:
        assert (await asked.post("/a", content=b'{"n": 1}')).status_code == 500


async def test_a_pact_of_version_2_is_served() -> None:
    old = {
        "description": "ask",
        "request": {"method": "get", "path": "/a", "query": "x=1"},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json"},
            "body": {"n": 1},
        },
    }
    async with client(stub_of(old, version="2.0.0")) as asked:
        assert (await asked.get("/a?x=1")).json() == {"n": 1}


def test_a_status_that_no_server_can_send_is_refused_at_the_start() -> None:
    with pytest.raises(UsageError, match="600 isn't a status of HTTP"):
        stub_of(http({}, {"status": 600}))


async def test_the_state_of_a_message_can_be_selected() -> None:
    message = {
        "type": "Asynchronous/Messages",
        "description": "told",
        "providerStates": [{"name": "there is one"}],
        "contents": N,
    }
    stub = stub_of(http({}, {}), message)
    transport = httpx.ASGITransport(app=StatesApp(stub))
    async with httpx.AsyncClient(transport=transport, base_url="http://stub") as states:
        change = {"action": "setup", "state": "there is one"}
        assert (await states.post("/_pact/state", json=change)).status_code == 200
        deep = b'{"a":' * 200_000 + b"1" + b"}" * 200_000
        refused = await states.post("/_pact/state", content=deep)
        assert refused.status_code == 422
        assert "nested more than" in refused.json()["detail"]
    await stub.close()


async def test_a_body_that_is_too_long_or_too_deep_is_refused_at_once() -> None:
    async with client(stub_of(http({"method": "POST", "body": N}, {}))) as asked:
        for content, sentence in (
            (b"[" * 200_000, "nested more than"),
            (b"x" * (BODY_MAX + 1), "longer than"),
        ):
            began_s = time.process_time()
            refused = await asked.post("/a", content=content)
            assert refused.status_code == 500
            assert sentence in refused.json()["detail"]
            assert time.process_time() - began_s < 1


async def test_only_the_nearest_interactions_are_asked_why_not() -> None:
    many = [http({"path": f"/things/{n}"}, {}, description=f"thing {n}") for n in range(40)]
    stub = stub_of(*many)
    async with client(stub) as asked:
        refused = await asked.get("/things/x")
        assert refused.status_code == 500
        assert "the nearest is 'thing" in refused.json()["detail"]
        assert len(stub._nearest._mocks) == 3


GENERATED: tuple[tuple[dict[str, Any], dict[str, Any], object], ...] = (
    ({"type": "RandomInt", "min": 5, "max": 9}, {"match": "integer"}, 1),
    ({"type": "RandomDecimal", "digits": 4}, {"match": "decimal"}, 0.5),
    ({"type": "RandomHexadecimal", "digits": 8}, {"match": "regex", "regex": "[0-9A-F]{8}"}, "x"),
    ({"type": "RandomString", "size": 6}, {"match": "regex", "regex": ".{6}"}, "x"),
    ({"type": "Regex", "regex": "a[0-9]{3}"}, {"match": "regex", "regex": "a[0-9]{3}"}, "x"),
    ({"type": "Uuid"}, {"match": "regex", "regex": "[0-9a-f-]{36}"}, "x"),
    ({"type": "Date", "format": "yyyy"}, {"match": "date", "format": "yyyy"}, "x"),
    ({"type": "Time", "format": "HH:mm"}, {"match": "time", "format": "HH:mm"}, "x"),
    ({"type": "DateTime", "format": "yyyy"}, {"match": "timestamp", "format": "yyyy"}, "x"),
    ({"type": "RandomBoolean"}, {"match": "boolean"}, "x"),
    (
        {"type": "MockServerURL", "example": "http://x/a/7", "regex": ".*(/a/7)$"},
        {"match": "regex", "regex": "http://stub/a/7"},
        "x",
    ),
)


@pytest.mark.parametrize(
    ("generator", "rule", "example"), GENERATED, ids=[one["type"] for one, _, _ in GENERATED]
)
async def test_an_example_that_fails_its_rule_is_generated(
    generator: dict[str, Any], rule: dict[str, Any], example: object
) -> None:
    part = {
        "body": {**N, "content": {"v": example}},
        "matchingRules": {"body": {"$.v": {"combine": "AND", "matchers": [rule]}}},
        "generators": {"body": {"$.v": generator}},
    }
    stub = stub_of(http({}, part))
    async with client(stub) as asked:
        answer = await asked.get("/a")
    assert answer.json()["v"] != example
    sent = HttpAnswer(answer.content, 200, tuple(answer.headers.multi_items()))
    assert HTTP.judge(stub.pact.interactions[0])(sent) is None


async def test_a_value_that_only_a_state_s_handler_has_is_the_example() -> None:
    generators = {"body": {"$.n": {"type": "ProviderState", "expression": "${n}"}}}
    async with client(stub_of(http({}, {"body": N, "generators": generators}))) as asked:
        assert (await asked.get("/a")).json() == {"n": 1}
