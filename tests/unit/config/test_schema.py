"""The committed JSON Schema of `seatrial.toml`: current, and of one mind with the models."""

import copy
import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from seatrial.config import Config
from seatrial.config.schema import SHIPPED_SCHEMA, config_schema

ROOT = Path(__file__).parents[3]
SCHEMA = jsonschema_rs.validator_for(json.loads(config_schema()))
OWN: dict[str, Any] = tomllib.loads((ROOT / "seatrial.toml").read_text(encoding="utf-8"))


def test_the_committed_schema_is_current() -> None:
    assert SHIPPED_SCHEMA.read_text(encoding="utf-8") == config_schema(), (
        "renew it: .venv/bin/python -m seatrial.config.schema > "
        "src/seatrial/schema/seatrial.schema.json"
    )


def test_the_repositorys_own_file_holds_to_it() -> None:
    SCHEMA.validate(OWN)


def test_every_setting_is_described_or_speaks_for_itself() -> None:
    found = json.loads(config_schema())["$defs"]
    assert all(one.get("description") for one in found.values())


def _values(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in a document."""
    yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, inner in items:
        yield from _values(inner, (*path, key))


def _changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(OWN)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return changed


def _accepts(data: dict[str, Any]) -> bool:
    try:
        Config.model_validate(data)
    except ValidationError:
        return False
    return True


FREE = {"body", "fields", "env", "headers", "query", "controls", "addresses"}
"""Below these a reader's own names stand."""
PLACES = [path for path in _values(OWN) if path and not FREE & set(path[:-1])]


@pytest.mark.parametrize("wrong", [-1, "nonsense", {"unknown": 1}, [[]], True])
def test_what_the_schema_refuses_the_reader_refuses_too(wrong: object) -> None:
    """An editor that marks a right file as wrong would be worse than none."""
    checked = 0
    for path in PLACES:
        data = _changed(path, wrong)
        if not SCHEMA.is_valid(data):
            checked += 1
            assert not _accepts(data), path
    assert checked > len(PLACES) // 3


def test_unknown_keys_and_wrong_types_are_marked() -> None:
    for path in (("seeds",), ("edges", "card", "policy", "retries"), ("services", "x", "cmd")):
        data = copy.deepcopy(OWN)
        place: Any = data
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = 1
        assert not SCHEMA.is_valid(data), path
    assert not SCHEMA.is_valid(_changed(("edges", "card", "policy", "retry", "attempts"), "3"))
