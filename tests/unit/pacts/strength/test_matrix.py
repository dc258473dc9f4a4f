"""The kill matrix: what is a survivor, what is over-specified, and what is neither."""

import contextlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from seatrial.pacts.answers import Answer, HttpAnswer
from seatrial.pacts.consumers import Reaction
from seatrial.pacts.failures import ContractBroken
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import HTTP
from seatrial.pacts.strength.matrix import (
    MutantStatus,
    MutationResult,
    Subject,
    judge,
    same_operation,
)

TYPE = {"combine": "AND", "matchers": [{"match": "type"}]}


def interaction(
    body: Mapping[str, Any],
    rules: Mapping[str, Any] | None = None,
    *,
    path: str = "/users/1",
    states: tuple[Mapping[str, Any], ...] = (),
) -> Interaction:
    content = {"content": body, "contentType": "application/json", "encoded": False}
    document = {
        "type": "Synchronous/HTTP",
        "description": "get a user",
        "providerStates": list(states),
        "request": {"method": "GET", "path": path},
        "response": {
            "status": 200,
            "headers": {"Content-Type": ["application/json"]},
            "body": content,
            "matchingRules": {"body": rules or {}},
        },
    }
    return Interaction("web", "users", document)


@dataclass
class Reader:
    """A consumer that reads the JSON of a 200 with a function of the test."""

    read: Callable[[Any], object]

    def ready(self) -> AbstractContextManager[None]:
        """It always is."""
        return contextlib.nullcontext()

    async def take(self, answer: Answer) -> Reaction:
        """Read it."""
        assert isinstance(answer, HttpAnswer)
        if answer.status != 200:
            return Reaction(error="ValueError", message=f"status {answer.status}")
        try:
            return Reaction(self.read(json.loads(answer.body)))
        except Exception as error:  # noqa: BLE001 - as the real one does
            return Reaction(error=type(error).__name__, message=str(error))


def judged(
    one: Interaction,
    read: Callable[[Any], object],
    *,
    answer: Mapping[str, Any] | None = None,
    siblings: tuple[Interaction, ...] = (),
) -> MutationResult:
    given = HTTP.example(one)
    if answer is not None:
        given = HttpAnswer(json.dumps(answer).encode(), 200, given.headers)
    return judge(Subject(one, Reader(read), given, "a test's answer", siblings))


def found(strength: MutationResult) -> dict[str, MutantStatus]:
    return {one.mutant: one.finding for one in strength.judged}


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def test_a_contract_that_names_what_is_read_has_no_hole() -> None:
    strength = judged(interaction({"name": "Ada"}, {"$.name": TYPE}), lambda b: text(b["name"]))
    assert strength.of(MutantStatus.SURVIVED) == ()
    assert found(strength)["drop $.name"] is MutantStatus.KILLED


def test_a_field_that_is_read_and_not_named_is_a_hole() -> None:
    one = interaction({"id": "1"})
    strength = judged(one, lambda b: text(b["name"]), answer={"id": "1", "name": "Ada"})
    survivors = {survivor.mutant for survivor in strength.of(MutantStatus.SURVIVED)}
    assert {"drop $.name", "rename $.name", "null $.name", "number $.name"} <= survivors
    assert "raises TypeError: no text" in strength.of(MutantStatus.SURVIVED)[0].reason


def test_a_matcher_that_is_too_loose_is_a_hole() -> None:
    def role(body: Any) -> str:
        return {"va": "assistant", "company": "company"}[body["role"]]

    loose = judged(interaction({"role": "va"}, {"$.role": TYPE}), role)
    assert found(loose)["unknown $.role"] is MutantStatus.SURVIVED
    regex = {"combine": "AND", "matchers": [{"match": "regex", "regex": "va|company"}]}
    tight = judged(interaction({"role": "va"}, {"$.role": regex}), role)
    assert tight.of(MutantStatus.SURVIVED) == ()


def test_what_is_lost_in_silence_is_a_hole() -> None:
    one = interaction({"id": "1"})
    strength = judged(one, lambda b: b.get("name"), answer={"id": "1", "name": "Ada"})
    assert found(strength)["rename $.name"] is MutantStatus.SURVIVED
    assert "silently" in next(h.reason for h in strength.of(MutantStatus.SURVIVED))


def test_what_is_lost_in_silence_is_covered_where_a_sibling_names_it() -> None:
    bare = interaction({"id": "1"})
    full = interaction({"id": "1", "name": "Ada"}, {"$.name": TYPE})
    strength = judged(
        bare, lambda b: b.get("name"), answer={"id": "1", "name": "Ada"}, siblings=(full,)
    )
    assert found(strength)["rename $.name"] is MutantStatus.COVERED
    assert strength.of(MutantStatus.SURVIVED) == ()


def test_what_raises_is_a_hole_whatever_a_sibling_says() -> None:
    bare = interaction({"id": "1"})
    full = interaction({"id": "1", "name": "Ada"}, {"$.name": TYPE})
    strength = judged(
        bare, lambda b: b["name"], answer={"id": "1", "name": "Ada"}, siblings=(full,)
    )
    assert found(strength)["drop $.name"] is MutantStatus.SURVIVED


def test_another_value_is_followed_and_an_agreed_null_too() -> None:
    nullable = {"combine": "OR", "matchers": [{"match": "null"}, {"match": "type"}]}
    strength = judged(interaction({"name": "Ada"}, {"$.name": nullable}), lambda b: b["name"])
    assert found(strength)["empty $.name"] is MutantStatus.FOLLOWED
    assert found(strength)["null $.name"] is MutantStatus.FOLLOWED


def test_an_agreed_null_that_raises_is_a_hole() -> None:
    nullable = {"combine": "OR", "matchers": [{"match": "null"}, {"match": "type"}]}
    strength = judged(interaction({"n": "a"}, {"$.n": nullable}), lambda b: text(b["n"]))
    assert found(strength)["null $.n"] is MutantStatus.SURVIVED


def test_what_nobody_reads_and_the_matchers_refuse_is_over_specified() -> None:
    one = interaction({"id": "1", "shoe": 46})
    strength = judged(one, lambda b: b["id"])
    assert found(strength)["drop $.shoe"] is MutantStatus.OVER_SPECIFIED
    assert found(strength)["add a field to $"] is MutantStatus.EQUIVALENT


def test_an_answer_that_breaks_the_contract_already_is_no_measure() -> None:
    with pytest.raises(ContractBroken, match="before anything is changed"):
        judged(interaction({"id": "1"}), lambda b: b["id"], answer={"id": 2})


def test_a_provider_that_keeps_the_contract_and_breaks_the_consumer_is_told() -> None:
    with pytest.raises(ContractBroken, match=r"can't take a test's answer.*KeyError"):
        judged(interaction({"id": "1"}), lambda b: b["name"])


def test_the_cost_is_counted() -> None:
    strength = judged(interaction({"id": "1"}), lambda b: b["id"])
    assert strength.cpu_s > 0


def state(**params: object) -> Mapping[str, Any]:
    return {"name": "a user exists", "params": params}


def test_an_operation_is_the_same_for_another_entity() -> None:
    ada = interaction({}, path="/users/ada/profile", states=(state(id="ada"),))
    bob = interaction({}, path="/users/bob/profile", states=(state(id="bob"),))
    assert same_operation(ada, bob)
    assert not same_operation(ada, ada)


def test_an_operation_is_another_one_at_another_path() -> None:
    user = interaction({}, path="/users/ada", states=(state(id="ada"),))
    card = interaction({}, path="/cards/ada", states=(state(id="ada"),))
    assert not same_operation(user, card)
