"""`seatrial record`: a pact of what a consumer in Node.js needs, of a provider with secrets."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from seatrial.pacts import read_pact
from tests.e2e.command import seatrial

PLANTED = Path(__file__).parent / "planted"
CONFIG = """
[services.customers]
command = {provider}
health = ""

[services.shop]
command = {consumer}
health = "/health"

[edges.customer]
consumer = "shop"
provider = "customers"
address_env = "CUSTOMERS_URL"
trigger = {{ path = "/shown/{{id}}" }}
upstream = {{ path = "/v1/customers/{{id}}", query = {{ expand = "orders" }} }}
good = {{ status = [200] }}
failed = {{ status = [502] }}
entity = {{ path = "/v1/customers", body = {{ }} }}

[edges.customer.policy]
answers_within_s = 5
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the system's configuration."""
    if shutil.which("node") is None:
        pytest.skip("no node on PATH: the consumer in Node.js isn't recorded")
    programs = {
        "provider": json.dumps([sys.executable, str(PLANTED / "customers.py")]),
        "consumer": json.dumps(["node", str(PLANTED / "recorded.mjs")]),
    }
    (tmp_path / "seatrial.toml").write_text(CONFIG.format(**programs))
    return tmp_path


def record(project: Path, *words: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Record, and return the result, the pact, and its text."""
    outputs = ("--engine", "embedded", "--json", "out.json")
    answer = seatrial("record", "customer", "--pact", "shop.json", *outputs, *words, cwd=project)
    assert answer.returncode in (0, 1), answer.stderr
    text = (project / "shop.json").read_text()
    return json.loads((project / "out.json").read_text()), json.loads(text), text


def matchers(response: dict[str, Any], path: str) -> list[str]:
    """Return the matchers of a place of an answer."""
    return [one["match"] for one in response["matchingRules"]["body"][path]["matchers"]]


def test_a_pact_is_made_of_what_the_consumer_needs(project: Path) -> None:
    result, pact, text = record(project)
    found = {one["response"]["status"]: one for one in pact["interactions"]}
    assert set(found) == {200, 404}
    good = found[200]["response"]

    assert set(good["body"]["content"]) == {
        "id", "role", "name", "contact", "createdAt", "orders",
    }  # fmt: skip
    assert set(good["body"]["content"]["contact"]) == {"email"}
    assert [set(one) for one in good["body"]["content"]["orders"]] == [{"number", "cents"}]
    assert matchers(good, "$.name") == ["type"]
    assert matchers(good, "$.role") == ["type", "regex"]
    (role,) = [
        one["regex"]
        for one in good["matchingRules"]["body"]["$.role"]["matchers"]
        if one["match"] == "regex"
    ]
    assert role == "^(?:company|va)$"
    assert matchers(good, "$.createdAt") == ["type", "regex"]
    assert good["generators"]["body"]["$.createdAt"]["type"] == "DateTime"
    rules = [one for path in good["matchingRules"]["body"].values() for one in path["matchers"]]
    assert not [one for one in rules if one["match"] == "equality"]

    assert "body" not in found[404]["response"]
    assert [one["name"] for one in found[200]["providerStates"]] == ["a customer exists"]
    assert [one["name"] for one in found[404]["providerStates"]] == ["no customer exists"]
    assert found[200]["request"]["query"] == {"expand": ["orders"]}

    for secret in ("very-secret", "shop.example", "4242424242424242", "tok-"):
        assert secret not in text
    assert pact["metadata"]["seatrial"]["mutationScore"] > 0.9
    assert len(read_pact(project / "shop.json").interactions) == 2
    states = (project / "shop.states.md").read_text()
    assert "a customer exists" in states
    assert "no customer exists" in states
    held = [one["verdict"] for one in result["checks"] if one["id"] == "contract.provider"]
    assert held == ["passed", "passed"]


def test_the_consumers_own_tests_are_recorded(project: Path) -> None:
    tests = project / "tests.py"
    tests.write_text(
        "import json, os, urllib.request\n"
        "base = os.environ['CUSTOMERS_URL']\n"
        "head = {'authorization': 'Bearer very-secret', 'content-type': 'application/json'}\n"
        "def ask(method, path, body=None):\n"
        "    data = json.dumps(body).encode() if body is not None else None\n"
        "    asked = urllib.request.Request(base + path, data, head, method=method)\n"
        "    return json.load(urllib.request.urlopen(asked))\n"
        "for role in ('va', 'company', 'va'):\n"
        "    made = ask('POST', '/v1/customers', {'role': role, 'password': 'hunter2'})\n"
        "    assert ask('GET', f\"/v1/customers/{made['id']}?expand=orders\")['role'] == role\n"
    )
    result, pact, text = record(project, "--", sys.executable, str(tests))
    found = {one["request"]["method"]: one for one in pact["interactions"]}
    assert set(found) == {"GET", "POST"}
    assert set(found["GET"]["response"]["body"]["content"]) >= {"id", "role", "name"}
    assert "apiToken" not in found["GET"]["response"]["body"]["content"]
    # The edge's trigger makes the consumer ask nothing of the kind: all of it stays, by its types.
    assert "apiToken" in found["POST"]["response"]["body"]["content"]
    assert "not reduced" in " ".join(found["POST"]["comments"]["text"])
    assert "POST /v1/customers: not reduced" in " ".join(result["notes"])
    assert "hunter2" not in text
    assert "very-secret" not in text


def test_tests_that_fail_are_no_contract(project: Path) -> None:
    words = ("record", "customer", "--pact", "shop.json", "--engine", "embedded")
    answer = seatrial(*words, "--", sys.executable, "-c", "raise SystemExit(3)", cwd=project)
    assert answer.returncode == 4
    assert "ended with status 3" in answer.stderr
    assert not (project / "shop.json").exists()


def test_a_journey_is_recorded_and_one_that_does_not_work_is_named(project: Path) -> None:
    folder = project / "chaos" / "journeys"
    folder.mkdir(parents=True)
    (folder / "look.py").write_text(
        "from seatrial.explore import journey\n"
        "@journey\n"
        "async def look(system):\n"
        "    answer = await system.trigger('customer')\n"
        "    assert answer.status_code == 200, answer.text\n"
        "@journey\n"
        "async def lost(system):\n"
        "    assert (await system.get('shop', '/nowhere')).status_code == 200\n"
    )
    _, pact, _ = record(project, "--journey", "look", "--calls", "3")
    (interaction,) = pact["interactions"]
    assert interaction["comments"]["text"][0] == "recorded 3 times"
    words = ("record", "customer", "--pact", "x.json", "--engine", "embedded", "--journey")
    answer = seatrial(*words, "lost", cwd=project)
    assert answer.returncode == 4
    assert "the journey lost doesn't work" in answer.stderr
