"""The strength of a pact by the consumer that runs: planted consumers read more or less than it."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import seatrial

PLANTED = Path(__file__).parent / "planted"
PYTHON = ("as_agreed", "branches", "defaults", "dies")
NODE = ("as_agreed", "more", "header", "less")
SERVICE = """
[services.{name}]
command = {command}
env = {{ READS = "{reads}", ASKS = "{asks}" }}
health = "/health"

[edges.{name}]
consumer = "{name}"
provider = "accounts"
address_env = "ACCOUNTS_URL"
trigger = {{ path = "/shown/{{id}}" }}
upstream = {upstream}
good = {{ status = [200] }}
failed = {{ status = [502] }}
entity = {{ ids = "acc-{{n}}" }}

[edges.{name}.policy]
answers_within_s = 5
"""


def measured(folder: Path, language: str, *reads: str, asks: str = "by path") -> dict[str, Any]:
    """Measure consumers of one language, and return the result."""
    by_path = asks == "by path"
    upstream = 'path = "/accounts/{id}"' if by_path else 'method = "POST", path = "/find"'
    program = (
        [sys.executable, str(PLANTED / "consumer.py")]
        if language == "python"
        else ["node", str(PLANTED / "consumer.mjs")]
    )
    provider = json.dumps([sys.executable, str(PLANTED / "provider.py")])
    text = f'[services.accounts]\ncommand = {provider}\nhealth = ""\n'
    names = [f"{language}-{one.replace('_', '-')}" for one in reads]
    (folder / "pacts").mkdir()
    for name, one in zip(names, reads, strict=True):
        given = {"command": json.dumps(program), "upstream": f"{{ {upstream} }}", "asks": asks}
        text += SERVICE.format(name=name, reads=one, **given)
        pact = json.loads((PLANTED / "pact.json").read_text())
        if not by_path:
            pact["interactions"][0]["request"] = {"method": "POST", "path": "/find"}
        pact["consumer"]["name"] = name
        (folder / "pacts" / f"{name}.json").write_text(json.dumps(pact))
    (folder / "seatrial.toml").write_text(text)
    out = folder / "out.json"
    words = [word for name in names for word in ("--consumer", name)]
    answer = seatrial(
        "contracts", *words, "--engine", "embedded", "--json", str(out), "-q", cwd=folder
    )
    assert answer.returncode in (0, 1), answer.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def texts(found: dict[str, Any], name: str) -> dict[str, list[str]]:
    """Return what is said of a consumer's one interaction that is reached, by title, in lines."""
    (check,) = (
        one
        for one in found["checks"]
        if one["subject"].startswith(f"{name} →") and one["verdict"] != "skipped"
    )
    said = {
        one["title"].partition(":")[0]: [
            line.partition(": ")[0] for line in one["text"].splitlines()
        ]
        for one in check["evidence"]
        if one["kind"] == "text"
    }
    return {"verdict": [check["verdict"]], "survived": [], "over-specified": [], **said}


def test_what_python_consumers_read_more_or_less_than_their_pact_is_found(tmp_path: Path) -> None:
    found = measured(tmp_path, "python", *PYTHON)
    assert {one["verdict"] for one in found["checks"] if "close" in one["subject"]} == {"skipped"}

    agreed = texts(found, "python-as-agreed")
    assert agreed["verdict"] == ["passed"]
    # Its pact has a credit that it doesn't read.
    assert {one for one in agreed["over-specified"] if "$.plan" in one or "$.id" in one} == set()
    assert "drop $.credit" in agreed["over-specified"]

    branches = texts(found, "python-branches")
    assert branches["verdict"] == ["failed"]
    assert {"zero $.credit", "negative $.credit"} <= set(branches["survived"])

    assert {"drop $.plan", "null $.id", "rename $.plan"} <= set(
        texts(found, "python-defaults")["over-specified"]
    )

    dies = texts(found, "python-dies")
    assert dies["verdict"] == ["failed"]
    assert {"drop $.owner", "drop $.owner.name"} <= set(dies["survived"])
    assert "drop $.owner" in dies["undeclared"]


def test_what_node_consumers_read_more_or_less_than_their_pact_is_found(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("no node on PATH: consumers in Node.js aren't measured")
    found = measured(tmp_path, "node", *NODE)
    assert texts(found, "node-as-agreed")["verdict"] == ["passed"]

    more = texts(found, "node-more")
    assert more["verdict"] == ["failed"]
    assert {"drop $.owner", "drop $.owner.email", "null $.owner.email"} <= set(more["survived"])
    assert not any("$.owner.name" in one for one in more["survived"])

    header = texts(found, "node-header")
    assert header["verdict"] == ["failed"]
    assert {"drop header x-region", "header x-region"} == set(header["survived"])

    less = texts(found, "node-less")
    assert less["verdict"] == ["passed"]
    assert {"drop $.plan", "drop $.credit"} <= set(less["over-specified"])
    assert "drop $.id" not in less["over-specified"]


@pytest.mark.parametrize("asks", ["by trace", "alone"])
def test_a_request_that_does_not_name_its_entity_is_tied_to_its_call(
    tmp_path: Path, asks: str
) -> None:
    found = texts(measured(tmp_path, "python", "branches", asks=asks), "python-branches")
    assert found["verdict"] == ["failed"]
    assert {"zero $.credit", "negative $.credit"} <= set(found["survived"])
    assert {"drop $.credit", "drop $.plan"}.isdisjoint(found["over-specified"])
