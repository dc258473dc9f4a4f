"""Changes of a JSON document."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from seatrial.tap import JsonChange
from seatrial.tap.actions.another_schema import reshaped, retyped

USER: dict[str, Any] = {"id": "u", "tags": [{"n": 1}, {"n": 2}], "a/b": None}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"op": "remove", "at": "/id"}, {"tags": [{"n": 1}, {"n": 2}], "a/b": None}),
        ({"op": "null", "at": "/tags"}, {**USER, "tags": None}),
        ({"op": "retype", "at": "/tags/*/n"}, {**USER, "tags": [{"n": "1"}, {"n": "2"}]}),
        ({"op": "retype", "at": "/tags/1/n"}, {**USER, "tags": [{"n": 1}, {"n": "2"}]}),
        ({"op": "rename", "at": "/id"}, {"idRenamed": "u", "tags": USER["tags"], "a/b": None}),
        ({"op": "remove", "at": "/tags/0"}, {**USER, "tags": [{"n": 2}]}),
        ({"op": "wrap"}, [USER]),
        ({"op": "replace", "at": "/a~1b", "value": {"x": 1}}, {**USER, "a/b": {"x": 1}}),
        ({"op": "null"}, None),
    ],
)
def test_change_is_made_where_it_says(change: dict[str, Any], expected: Any) -> None:
    made = reshaped(json.dumps(USER).encode(), (JsonChange.model_validate(change),))
    assert made is not None
    assert json.loads(made) == expected


@pytest.mark.parametrize("at", ["/none", "/id/deeper", "/tags/7", "/tags/x"])
def test_place_that_isnt_there_changes_nothing(at: str) -> None:
    assert reshaped(json.dumps(USER).encode(), (JsonChange(op="null", at=at),)) is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_left_alone(body: bytes) -> None:
    assert reshaped(body, (JsonChange(op="wrap"),)) is None


@pytest.mark.parametrize("value", [None, True, False, 0, 1.5, "", "text", [], [1], {}, {"a": 1}])
def test_retyped_value_has_another_json_type(value: Any) -> None:
    def kind(one: Any) -> type:
        return float if type(one) is int else type(one)

    assert kind(retyped(value)) is not kind(value)


@pytest.mark.parametrize(
    "change",
    [{"op": "remove"}, {"op": "rename"}, {"op": "explode", "at": "/a"}, {"op": "null", "at": "a"}],
)
def test_change_without_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        JsonChange.model_validate(change)
