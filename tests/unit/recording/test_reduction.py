"""An answer reduced to what its consumer needs: consumers that are functions, without a process."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import httpx
import pytest

from seatrial.checks import Call, Outcome
from seatrial.checks.phases import ScenarioPhase
from seatrial.pacts import HttpAnswer
from seatrial.recording.reduction import Reduced, Reducer
from seatrial.recording.running import RunningConsumer
from seatrial.recording.views import Steady, View, view

Read = Callable[[Any], Any]
PHASE = ScenarioPhase("test")


class Plain:
    """A consumer that answers 200 with what it reads of an answer, and 502 where it can't."""

    def __init__(self, read: Read) -> None:
        self._read = read

    async def views(self, answers: Sequence[HttpAnswer], about: str) -> list[View | None]:
        """Take answers."""
        return [self.seen(one, about) for one in answers]

    def seen(self, given: HttpAnswer, about: str) -> View:
        """Take one."""
        outcome: Outcome = "failed"
        shown = httpx.Response(502, json={"error": given.status})
        if given.status == 200:
            try:
                shown = httpx.Response(200, json=self._read(json.loads(given.body)))
                outcome = "good"
            except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
                shown = httpx.Response(502, json={"error": type(error).__name__})
        return view(Call(about, PHASE, 0.0, 0.0, outcome, 200), shown)


def answer(document: object) -> HttpAnswer:
    return HttpAnswer(
        json.dumps(document).encode(), 200, (("content-type", "application/json; charset=utf-8"),)
    )


def reduced(read: Read, *documents: object, about: str = "acc-17") -> Reduced:
    """Reduce what was recorded by a consumer."""
    plain = Plain(read)
    consumer = cast("RunningConsumer", plain)
    reducer = Reducer([answer(one) for one in documents], about, consumer=consumer)
    steady = Steady([plain.seen(reducer.base, about)] * 2)
    return asyncio.run(reducer.reduced(steady))


def names(found: Reduced, path: str) -> list[str]:
    """Return the matchers of a place."""
    return [one["match"] for one in found.rules[path]["matchers"]]


def test_a_field_that_nobody_notices_leaves() -> None:
    found = reduced(lambda body: {"name": body["name"]}, {"name": "Ada", "shoe": 46})
    assert found.body == {"name": "Ada"}
    assert found.left_out == ["$.shoe"]


def test_what_is_only_passed_on_has_its_type() -> None:
    found = reduced(
        lambda body: {"hi": f"Hello {body['name'].upper()}", "n": body["n"]},
        {"name": "Ada", "n": 3},
    )
    assert names(found, "$.name") == ["type"]
    assert names(found, "$.n") == ["number"]


def test_what_it_branches_on_keeps_its_value() -> None:
    labels = {"va": "Assistant", "company": "Company"}
    found = reduced(lambda body: {"is": labels[body["role"]]}, {"role": "va"})
    assert names(found, "$.role") == ["equality"]


def test_what_falls_into_a_default_is_branched_on_too() -> None:
    found = reduced(lambda body: {"rich": body["plan"] == "pro"}, {"plan": "pro"})
    assert names(found, "$.plan") == ["equality"]


def test_values_that_vary_are_a_set_and_never_an_equality() -> None:
    labels = {"va": "Assistant", "company": "Company"}
    found = reduced(
        lambda body: {"is": labels[body["role"]]},
        *({"role": role} for role in ("va", "company", "va", "va")),
    )
    assert names(found, "$.role") == ["type", "regex"]
    assert found.rules["$.role"]["matchers"][1]["regex"] == "^(?:company|va)$"


def test_a_value_that_always_differs_is_no_set() -> None:
    known = [f"word{place}x" for place in range(6)]

    def read(body: Any) -> Any:
        if body["key"] not in known:
            raise ValueError("unknown")
        return {"ok": True}

    found = reduced(read, *({"key": one} for one in known))
    assert "equality" not in names(found, "$.key")
    assert any("$.key" in note for note in found.notes)


@pytest.mark.parametrize(
    ("value", "generator"),
    [
        ("2026-01-02T03:04:05Z", {"type": "DateTime", "format": "yyyy-MM-dd'T'HH:mm:ss'Z'"}),
        ("2026-01-02", {"type": "Date", "format": "yyyy-MM-dd"}),
        ("4f1c1f0e-0d4f-4a58-9d0c-0f1f4f6b7a10", {"type": "Uuid"}),
    ],
)
def test_ids_and_times_are_matched_by_their_format(value: str, generator: object) -> None:
    shape = [character.isdigit() or character.isalpha() for character in value]

    def read(body: Any) -> Any:
        if [c.isdigit() or c.isalpha() for c in body["at"]] != shape:
            raise ValueError("another format")
        return {"at": body["at"]}

    found = reduced(read, {"at": value})
    assert names(found, "$.at") == ["type", "regex"]
    assert found.generators["$.at"] == generator


def test_the_entity_that_was_asked_for_is_no_equality() -> None:
    def read(body: Any) -> Any:
        if body["id"] != "acc-17":
            raise ValueError("somebody else")
        return {"id": body["id"]}

    found = reduced(read, {"id": "acc-17"})
    assert "equality" not in names(found, "$.id")
    assert found.generators == {}


def test_a_list_has_any_number_of_items_like_its_first() -> None:
    found = reduced(
        lambda body: {"names": [one["name"] for one in body["items"]]},
        {"items": [{"name": "Ada", "x": 1}, {"name": "Bob", "x": 2}]},
    )
    assert found.body == {"items": [{"name": "Ada"}]}
    assert found.rules["$.items"]["matchers"] == [{"match": "type", "min": 1}]
    assert names(found, "$.items[*].name") == ["type"]


def test_a_field_that_was_null_once_may_be_null() -> None:
    found = reduced(lambda body: {"a": body["avatar"]}, {"avatar": "x"}, {"avatar": None})
    assert found.rules["$.avatar"] == {
        "combine": "OR",
        "matchers": [{"match": "null"}, {"match": "type"}],
    }


def test_a_field_that_is_there_at_times_leaves_where_it_may() -> None:
    found = reduced(lambda body: {"a": body.get("a"), "b": body["b"]}, {"a": 1, "b": 2}, {"b": 3})
    assert set(found.body) == {"b"}


def test_without_a_judge_all_stays_by_its_type() -> None:
    answers = [answer({"id": "acc-17", "role": "va", "n": 1.5})]
    found = asyncio.run(Reducer(answers, "acc-17").reduced(None))
    assert found.body == {"id": "acc-17", "role": "va", "n": 1.5}
    assert names(found, "$.role") == ["type"]
