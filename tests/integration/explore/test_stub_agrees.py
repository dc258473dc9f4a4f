"""What is injected for an interaction is what the stub answers to its request."""

import base64
import json
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from seatrial.explore.contracts import EdgeContract
from seatrial.pacts import PactFile, kind_of, read_pact
from seatrial.pacts.stub.serving import PactStub
from seatrial.tap import AnswerWith

PACTS = Path(__file__).parents[3] / "contracts" / "pacts"


@pytest.mark.parametrize("name", ["payments-service-user-service", "web-app-marketplace-service"])
async def test_each_injected_answer_is_the_stubs(name: str) -> None:
    pact = read_pact(PACTS / f"{name}.json")
    contract = EdgeContract(pact.interactions)
    compared = 0
    for one in (one for one in pact.interactions if kind_of(one).asks_over_http):
        request = one.document["request"]
        if request["method"] != "GET" or request.get("query"):
            continue
        known = contract.known("GET", request["path"])
        action = known.action(f"pact:{one.document['response']['status']} {one.name}")
        if action is None:
            continue  # alike in all but values: the provider answers so anyway
        assert isinstance(action, AnswerWith)
        stub = PactStub(PactFile(pact.path, pact.consumer, pact.provider, (one,)))
        transport = httpx.ASGITransport(stub)
        async with httpx.AsyncClient(transport=transport, base_url="http://stub") as client:
            answer = await client.get(request["path"])
        await stub.close()
        assert unquote(answer.headers["x-seatrial-interaction"]) == one.name
        assert answer.status_code == action.status
        body = base64.b64decode(action.body)
        assert json.loads(body or b"null") == json.loads(answer.content or b"null")
        types = {name.lower(): value for name, (value, *_) in action.headers.items()}
        assert not body or answer.headers["content-type"] == types["content-type"]
        compared += 1
    assert compared >= 2
