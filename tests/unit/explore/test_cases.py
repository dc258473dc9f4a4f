"""Cases: many alike are one, and a file is read as it was written, or refused with its place."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from seatrial.errors import UsageError
from seatrial.explore import Failure, Fault, KeptCase, Observation, Point, Violation
from seatrial.explore.cases import (
    SHIPPED_CASE_SCHEMA,
    alike,
    case_schema,
    harshness,
    read_case,
    write_case,
)
from seatrial.explore.findings import cases_of
from seatrial.explore.search import Search

A, B = Point("card", "GET /users/{id}"), Point("pay", "POST /charges", ordinal=2)
KINDS = {A: ("slow-under", "status-503", "reset"), B: ("status-503", "answer-lost")}


def failure(run: int, *faults: Fault, broke: str = "answers", said: str = "") -> Failure:
    plan = frozenset(faults)
    violation = Violation(broke, f"{broke} in run {run}", said=said)
    seen = Observation("hire", plan, plan, broke=(violation,))
    return Failure(run, seen, minimal=True)


def test_kinds_at_the_same_points_that_break_the_same_are_one_case_with_the_mildest() -> None:
    found = alike(
        [
            failure(3, Fault(A, "reset"), Fault(B, "answer-lost")),
            failure(5, Fault(A, "status-503"), Fault(B, "answer-lost")),
            failure(7, Fault(A, "status-503"), Fault(B, "status-503")),
            failure(9, Fault(A, "reset")),
            failure(11, Fault(A, "reset"), broke="one-effect"),
        ],
        KINDS,
    )
    assert [one.mildest.run for one in found] == [7, 9, 11]
    assert found[0].runs_to_find == 3
    assert found[0].kinds == {A: ("reset", "status-503"), B: ("answer-lost", "status-503")}


def test_two_mistakes_that_break_the_same_promise_at_one_point_are_two_cases() -> None:
    found = alike(
        [
            failure(3, Fault(A, "reset"), said="AssertionError: order-17 is paid 2 times"),
            failure(5, Fault(A, "status-503"), said="AssertionError: 'a1' is paid and not sent"),
            failure(7, Fault(A, "hang"), said="AssertionError: order-19 is paid 3 times"),
        ],
        KINDS,
    )
    assert [one.runs_to_find for one in found] == [3, 5]
    assert found[0].kinds == {A: ("reset", "hang")}


def test_a_case_is_read_as_it_was_written(tmp_path: Path) -> None:
    search = Search("hire")
    search.failures.append(failure(3, Fault(A, "reset"), Fault(B, "answer-lost")))
    search.coverage.alternatives.update(KINDS)
    (case,) = cases_of(search)
    path = write_case(tmp_path, case)
    kept = read_case(path)
    assert kept.plan == {Fault(A, "reset"), Fault(B, "answer-lost")}
    assert (kept.journey, kept.broke) == ("hire", ("answers",))
    assert path == write_case(tmp_path, case), "the same case has the same name"
    assert path.parent == tmp_path / "chaos" / "cases"
    assert path.stem.startswith("hire-reset-get-users-id-")
    jsonschema_rs.validator_for(json.loads(case_schema())).validate(json.loads(path.read_text()))


def test_the_committed_schema_is_current() -> None:
    assert SHIPPED_CASE_SCHEMA.read_text(encoding="utf-8") == case_schema(), (
        "renew it: .venv/bin/python -m seatrial.explore.schema > "
        "src/seatrial/schema/case.schema.json"
    )


POINT = {"edge": "card", "operation": "GET /users/{id}"}
CASE = {"journey": "hire", "faults": [{"point": POINT, "fault": "reset"}]}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "isn't a case: the file: Invalid JSON"),
        ("[]", "isn't a case: the file"),
        ({"faults": CASE["faults"]}, "isn't a case: journey: Field required"),
        (CASE | {"faults": []}, "isn't a case: faults"),
        (CASE | {"faults": [{"point": POINT}]}, "isn't a case: faults.0.fault"),
        (CASE | {"version": 2}, "isn't a case: version"),
        (CASE | {"jurney": "hire"}, "isn't a case: jurney"),
        (CASE | {"faults": [*CASE["faults"], {"point": POINT, "fault": "hang"}]}, "two faults"),
        (CASE | {"faults": [{"point": POINT, "fault": "explode"}]}, "no kind of fault 'explode'"),
    ],
)
def test_what_is_no_case_is_refused(tmp_path: Path, content: object, said: str) -> None:
    path = tmp_path / "case.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UsageError, match=said) as refused:
        KeptCase(path)
    assert str(path) in str(refused.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.json: can't be read: No such file"):
        KeptCase(tmp_path / "none.json")


def test_a_kind_that_its_point_does_not_have_is_the_harshest() -> None:
    kinds = ("status-503", "reset")
    assert harshness([(kinds, "reset"), (kinds, "status-503")]) == 1
    assert harshness([(kinds, "hang"), ((), "hang")]) == 2
