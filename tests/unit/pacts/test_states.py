"""The registry of states and the address that Pact asks for them."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from seatrial.errors import UsageError
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.state_endpoint import PATH, StateEndpoint
from seatrial.pacts.states import States

Log = list[str]


def registry() -> States[Log]:
    """States of a provider that only remembers what was done to it."""
    states: States[Log] = States("user-service")

    @states.handler("a user exists")
    async def a_user_exists(log: Log, params: Mapping[str, Any]) -> Mapping[str, Any]:
        log.append(f"user {params['id']}")
        return {"id": params["id"]}

    @states.handler("it rains")
    async def it_rains(log: Log, _params: Mapping[str, Any]) -> None:
        log.append("rain")

    return states


class Asked:
    """A state endpoint over ASGI, and what its provider went through."""

    def __init__(self) -> None:
        self.log: Log = []

        async def reset() -> None:
            self.log.append("reset")

        self._app = StateEndpoint(registry(), self.log, reset)

    async def post(self, body: object, path: str = PATH) -> httpx.Response:
        """The request that Pact would send."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://states") as client:
            return await client.post(path, content=content)

    async def change(self, action: str, state: str, **params: object) -> httpx.Response:
        """A state change."""
        return await self.post({"action": action, "state": state, "params": params})


async def test_a_handler_gets_the_parameters_and_its_values_are_answered() -> None:
    asked = Asked()
    answer = await asked.change("setup", "a user exists", id="u1")
    assert (answer.status_code, answer.json()) == (200, {"id": "u1"})
    assert asked.log == ["reset", "user u1"]


async def test_several_states_of_one_interaction_add_up() -> None:
    asked = Asked()
    await asked.change("setup", "a user exists", id="u1")
    await asked.change("setup", "it rains")
    assert asked.log == ["reset", "user u1", "rain"]


async def test_the_next_interaction_begins_with_a_reset() -> None:
    asked = Asked()
    await asked.change("setup", "it rains")
    await asked.change("teardown", "it rains")
    await asked.change("setup", "a user exists", id="u2")
    assert asked.log == ["reset", "rain", "reset", "user u2"]


async def test_the_state_without_a_name_only_resets() -> None:
    asked = Asked()
    assert (await asked.change("setup", "")).status_code == 200
    assert asked.log == ["reset"]


async def test_a_handler_that_raises_is_answered_422_with_its_own_words() -> None:
    asked = Asked()
    answer = await asked.change("setup", "a user exists")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "KeyError: 'id'"
    assert "in a_user_exists" in answer.json()["traceback"]


async def test_after_a_handler_raised_the_next_set_up_resets() -> None:
    asked = Asked()
    await asked.change("setup", "a user exists")  # Pact sends no tear-down after this
    await asked.change("setup", "it rains")
    assert asked.log == ["reset", "reset", "rain"]


async def test_an_unknown_state_is_answered_422_with_the_known_ones() -> None:
    answer = await Asked().change("setup", "a users exists")
    assert answer.status_code == 422
    assert "(known: 'a user exists', 'it rains')" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "not JSON"),
        (b"state=x", "not JSON"),
        ([], "the body must be"),
        ({"state": "it rains"}, "the body must be"),
        ({"state": "it rains", "action": "dance"}, "the body must be"),
    ],
)
async def test_a_body_that_is_not_pacts_is_answered_422(body: object, sentence: str) -> None:
    asked = Asked()
    answer = await asked.post(body)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]
    assert asked.log == []


async def test_a_web_page_cannot_set_a_state() -> None:
    asked = Asked()
    transport = httpx.ASGITransport(app=asked._app)
    body = {"action": "setup", "state": "it rains"}
    async with httpx.AsyncClient(transport=transport, base_url="http://states") as client:
        answer = await client.post(PATH, json=body, headers={"origin": "http://evil.example"})
    assert (answer.status_code, asked.log) == (403, [])


async def test_another_path_is_not_found() -> None:
    assert (await Asked().post({}, "/state")).status_code == 404


def test_a_plain_function_is_refused_as_a_handler() -> None:
    with pytest.raises(TypeError, match="must be an `async def` without `yield`"):

        @States[Log]("p").handler("s")  # type: ignore[arg-type]
        def _never(_log: Log, _params: Mapping[str, Any]) -> None: ...


def test_an_asynchronous_generator_is_refused_as_a_handler() -> None:
    async def never_run(_log: Log, _params: Mapping[str, Any]) -> Any:
        yield

    with pytest.raises(TypeError, match="without `yield`"):
        States[Log]("p").handler("s")(never_run)


def test_a_second_handler_of_one_state_is_refused() -> None:
    states = registry()

    async def again(_log: Log, _params: Mapping[str, Any]) -> None: ...

    with pytest.raises(ValueError, match="has a handler of the state 'it rains' already"):
        states.handler("it rains")(again)


def test_a_pact_with_a_state_without_handler_is_refused() -> None:
    document = {"description": "get", "providerStates": [{"name": "it snows"}]}
    with pytest.raises(UsageError, match=r"no handler of the state 'it snows' \(known: 'a user ex"):
        registry().require([Interaction("web", "user-service", document)])


def test_a_pact_whose_states_have_handlers_is_taken() -> None:
    document = {"description": "get", "providerStates": [{"name": "it rains"}]}
    registry().require([Interaction("web", "user-service", document)])
    assert registry().names == ("a user exists", "it rains")
