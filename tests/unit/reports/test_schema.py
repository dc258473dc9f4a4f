"""The committed JSON Schema of results."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

import seatrial
from seatrial.reports.schema import result_schema
from seatrial.results import Result
from tests.unit.reports.example import calm_result, hostile_result, rich_result

COMMITTED = Path(seatrial.__file__).parent / "schema" / "result.schema.json"


def test_the_committed_schema_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == result_schema(), (
        f"renew it: python -m seatrial.reports.schema > {COMMITTED}"
    )


@pytest.mark.parametrize("result", [rich_result(), calm_result(), hostile_result()])
def test_results_hold_to_the_schema(result: Result) -> None:
    schema = jsonschema_rs.validator_for(json.loads(result_schema()))
    assert schema.is_valid(json.loads(result.model_dump_json(by_alias=True)))


def test_a_result_without_its_version_is_refused() -> None:
    schema = jsonschema_rs.validator_for(json.loads(result_schema()))
    wrong = json.loads(rich_result().model_dump_json(by_alias=True))
    del wrong["version"]
    assert not schema.is_valid(wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("verdict", "fine"),
        ("version", 2),
        ("checks", [{"id": "chaos.x"}]),
        ("surplus", 1),
        ("durationS", "long"),
    ],
)
def test_the_schema_refuses_what_is_no_result(name: str, value: object) -> None:
    schema = jsonschema_rs.validator_for(json.loads(result_schema()))
    wrong = json.loads(rich_result().model_dump_json(by_alias=True)) | {name: value}
    assert not schema.is_valid(wrong)
