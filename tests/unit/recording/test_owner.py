"""Whose answer the provider's own one is, where several interactions of a pact would accept it."""

import json
from collections.abc import Mapping
from typing import Any

from seatrial.pacts import HttpAnswer, Interaction
from seatrial.recording.strength import owner

BARE = {"id": "u-1", "items": [{"sku": "a"}]}
FULL = {**BARE, "name": "Ada", "address": {"city": "London"}}


def interaction(body: Mapping[str, Any]) -> Interaction:
    response = {"status": 200, "body": {"content": body, "contentType": "application/json"}}
    request = {"method": "GET", "path": "/users/u-1"}
    document = {"type": "Synchronous/HTTP", "description": "it", "request": request}
    return Interaction("web", "users", {**document, "response": response})


def answer(body: Mapping[str, Any]) -> HttpAnswer:
    return HttpAnswer(json.dumps(body).encode())


def test_an_answer_with_optional_fields_is_the_interaction_s_that_names_them() -> None:
    bare, full = interaction(BARE), interaction(FULL)
    assert owner(bare, [full], answer(FULL)) is full
    assert owner(bare, [full], answer({**BARE, "name": "Ada"})) is full
    assert owner(full, [bare], answer(FULL)) is None
    assert owner(bare, [full], answer(BARE)) is None


def test_fields_that_nobody_names_and_longer_lists_decide_nothing() -> None:
    bare, full = interaction(BARE), interaction(FULL)
    more = {**BARE, "items": [{"sku": "a"}, {"sku": "b"}], "internal": 1}
    assert owner(bare, [full], answer(more)) is None
    assert owner(bare, [], answer(FULL)) is None
