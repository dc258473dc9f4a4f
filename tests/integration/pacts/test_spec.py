"""The specification's cases next to the core: the command, on a few cases of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.pacts import kinds
from tests.spec import judging
from tests.spec.__main__ import lines, run

PART: dict[str, Any] = {"headers": {"Content-Type": "application/json"}, "body": {"n": 1}}
REQUEST = {"method": "POST", "path": "/a", **PART}
MESSAGE = {"metaData": {"contentType": "application/json"}, "contents": {"n": 1}}


def case(folder: Path, place: str, expected: object, actual: object, *, match: bool) -> None:
    """Write a case as the specification does."""
    path = folder / place
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {"match": match, "comment": "-", "expected": expected, "actual": actual}
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Cases of several versions and parts."""
    for version in ("version-1", "version-2", "version-3"):
        at = f"{version}/testcases"
        other = {"n": 2}
        case(tmp_path, f"{at}/response/body/same.json", PART, PART, match=True)
        case(tmp_path, f"{at}/response/body/other.json", PART, {**PART, "body": other}, match=False)
        null = {**PART, "body": None}
        case(tmp_path, f"{at}/response/body/null.json", null, PART, match=False)
        bare = {"body": {"n": 1}}
        more = {"body": {"n": 1, "m": 2}}
        case(tmp_path, f"{at}/response/body/bare.json", bare, more, match=True)
        case(tmp_path, f"{at}/request/body/same.json", REQUEST, REQUEST, match=True)
        null = {**REQUEST, "body": None}
        case(tmp_path, f"{at}/request/body/null.json", null, REQUEST, match=False)
    at = "version-3/testcases/message/body"
    case(tmp_path, f"{at}/same.json", MESSAGE, MESSAGE, match=True)
    case(tmp_path, f"{at}/other.json", MESSAGE, {**MESSAGE, "contents": {"n": 2}}, match=False)
    return tmp_path


def test_nothing_disagrees_with_the_core(folder: Path) -> None:
    report = lines(run([folder]))
    assert report[0] == "spec_cases 20", report
    assert "spec_disagreements 0" in report
    assert "spec_refused 0" in report
    assert "spec_core_departures 0" in report


def test_a_part_that_says_something_else_is_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind_of = kinds.kind_of

    class Lenient:
        def __init__(self, kind: Any) -> None:
            self.example = kind.example

        def judge(self, _: object) -> Any:
            return lambda _: None

    monkeypatch.setattr(judging, "kind_of", lambda interaction: Lenient(kind_of(interaction)))
    report = lines(run([folder]))
    assert "2 response body/other: judge says it matches, the core it doesn't match" in report
    assert "spec_disagreements 7" in report
