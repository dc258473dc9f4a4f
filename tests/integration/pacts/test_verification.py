"""Interactions verified with Pact's own verifier against small providers."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.cases import Request, Response, given
from seatrial.pacts.exercising import exercise
from seatrial.pacts.failures import ContractBroken, NoAnswer, StateFailed
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.matchers import match, nullable, text
from seatrial.pacts.verification import Provider, verify_interaction

from .small_system import Answering, case

Serve = Callable[..., Answering]
STATES = "/_pact/state"


def provider(running: Answering, *, states: bool = True, timeout_s: float = 5.0) -> Provider:
    """A running provider as a verification takes it."""
    states_url = running.url + STATES if states else None
    return Provider("user-service", running.url, states_url, timeout_s)


def broken(interaction: Interaction, running: Answering, **more: Any) -> ContractBroken:
    """Return how a provider breaks an interaction."""
    with pytest.raises(ContractBroken) as raised:
        verify_interaction(interaction, provider(running, **more))
    return raised.value


def test_a_provider_that_keeps_the_contract_passes(serve: Serve) -> None:
    running = serve({"/users/u1": (200, {"name": "Ada", "more": [1]})})
    verify_interaction(exercise(case()), provider(running))
    assert ("GET", "/users/u1", None) in running.asked


def test_another_value_breaks_the_contract_and_is_named(serve: Serve) -> None:
    failure = broken(exercise(case()), serve({"/users/u1": (200, {"name": "Bob"})}))
    assert failure.explanation.endswith(
        "breaks 'web → user-service: get a user': "
        "$.name: Expected 'Bob' (String) to be equal to 'Ada' (String)"
    )
    assert "has a matching body (FAILED)" in failure.output
    assert "\x1b" not in failure.output


def test_a_broken_contract_shows_the_request_and_the_answer_without_secrets(serve: Serve) -> None:
    answer = {"name": "Bob", "token": "hush-4711"}
    running = serve({"/users/u1": (200, answer)})
    shown = broken(exercise(case(given=(given("a user exists"),))), running).exchange
    assert shown is not None
    assert (shown.method, shown.url, shown.status) == ("GET", f"{running.url}/users/u1", 200)
    assert "Bob" in shown.answer
    assert "hush" not in shown.model_dump_json()
    setups = [body for _, path, body in running.asked if path == STATES]
    assert [one["action"] for one in setups] == ["setup", "teardown"] * 2


def test_another_status_breaks_the_contract(serve: Serve) -> None:
    failure = broken(exercise(case()), serve({"/users/u1": (500, {"name": "Ada"})}))
    assert "500" in failure.explanation


def test_states_are_set_up_and_torn_down_around_the_request(serve: Serve) -> None:
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    states = (given("a user exists", id="u1"), given("it rains"))
    verify_interaction(exercise(case(given=states)), provider(running))
    user = {"state": "a user exists", "params": {"id": "u1"}}
    rain: dict[str, Any] = {"state": "it rains", "params": {}}
    assert running.asked == [
        ("POST", STATES, {**user, "action": "setup"}),
        ("POST", STATES, {**rain, "action": "setup"}),
        ("GET", "/users/u1", None),
        ("POST", STATES, {**user, "action": "teardown"}),
        ("POST", STATES, {**rain, "action": "teardown"}),
    ]


def test_an_interaction_without_states_is_announced_as_pact_does(serve: Serve) -> None:
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    verify_interaction(exercise(case()), provider(running))
    assert running.asked[0] == ("POST", STATES, {"state": "", "params": {}, "action": "setup"})


def test_values_of_a_state_reach_the_request(serve: Serve) -> None:
    running = serve({"/users/u9": (200, {"name": "Ada"}), "a user exists": (200, {"id": "u9"})})
    document = dict(exercise(case(given=(given("a user exists"),))).document)
    generator = {"type": "ProviderState", "expression": "/users/${id}", "dataType": "STRING"}
    document["request"] = {**document["request"], "generators": {"path": generator}}
    verify_interaction(Interaction("web", "user-service", document), provider(running))
    assert ("GET", "/users/u9", None) in running.asked


@pytest.mark.parametrize("status", [422, 500])
def test_a_state_that_fails_is_told_at_once_with_its_own_words(serve: Serve, status: int) -> None:
    running = serve(
        {"a user exists": (status, {"detail": "KeyError: 'id'", "traceback": "File x, line 1"})}
    )
    interaction = exercise(case(given=(given("a user exists"),)))
    before = time.monotonic()
    with pytest.raises(StateFailed) as raised:
        verify_interaction(interaction, provider(running))
    # The verifier itself would repeat after a 500 for 127 s.
    assert time.monotonic() - before < 5
    assert raised.value.explanation == (
        "the setup of the state 'a user exists' of user-service failed with status "
        f"{status}: KeyError: 'id'"
    )
    assert raised.value.output == "File x, line 1"


def test_a_states_address_where_nobody_listens_is_told(serve: Serve) -> None:
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    target = Provider("user-service", running.url, "http://127.0.0.1:9/_pact/state")
    with pytest.raises(NoAnswer, match=r"got no answer from http://127\.0\.0\.1:9/_pact/state"):
        verify_interaction(exercise(case()), target)


def test_a_state_without_an_address_is_a_usage_error(serve: Serve) -> None:
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    interaction = exercise(case(given=(given("a user exists"),)))
    with pytest.raises(UsageError, match="--pact-states user-service=URL"):
        verify_interaction(interaction, provider(running, states=False))
    assert running.asked == []


def test_a_provider_that_is_down_is_told(serve: Serve) -> None:
    with pytest.raises(ContractBroken, match="gave no answer to 'web → user-service: get a user'"):
        verify_interaction(exercise(case()), Provider("user-service", "http://127.0.0.1:9"))


def test_a_provider_that_answers_garbage_is_told(serve: Serve) -> None:
    failure = broken(exercise(case()), serve({"/users/u1": (200, b"<html>")}))
    assert "breaks 'web → user-service: get a user'" in failure.explanation


@pytest.mark.parametrize("value", [{"value": "a@b"}, 12, None, "ab"])
def test_a_strict_text_refuses_what_a_regex_lets_through(serve: Serve, value: object) -> None:
    wanted = case(
        response=Response(200, {"name": "Ada", "mail": text("x@y", ".+@.+")}),
    )
    failure = broken(exercise(wanted), serve({"/users/u1": (200, {"name": "Ada", "mail": value})}))
    assert "$.mail" in failure.explanation


NULLABLE: dict[str, tuple[dict[str, Any], Callable[[object], dict[str, Any]]]] = {
    "field": ({"n": nullable(match.int(1))}, lambda n: {"n": n}),
    "inner": ({"o": {"n": nullable(match.int(1))}}, lambda n: {"o": {"n": n}}),
    "odd key": ({"a-b": nullable(match.int(1))}, lambda n: {"a-b": n}),
    "each": (
        {"l": match.each_like({"n": nullable(match.int(1))}, min=1)},
        lambda n: {"l": [{"n": 2}, {"n": n}]},
    ),
    "like": ({"o": match.like({"n": nullable(match.int(1))})}, lambda n: {"o": {"n": n}}),
}


@pytest.mark.parametrize("form", NULLABLE)
def test_nullable_takes_null_and_its_matcher_and_nothing_else(serve: Serve, form: str) -> None:
    wanted, made = NULLABLE[form]
    interaction = exercise(case(response=Response(200, {"name": "Ada", **wanted})))
    for good in (None, 7):
        verify_interaction(
            interaction, provider(serve({"/users/u1": (200, {"name": "Ada", **made(good)})}))
        )
    for bad in ("x", True, 2.5):
        broken(interaction, serve({"/users/u1": (200, {"name": "Ada", **made(bad)})}))


def test_a_nullable_field_must_be_there(serve: Serve) -> None:
    wanted = case(response=Response(200, {"name": "Ada", "n": nullable(match.int(1))}))
    failure = broken(exercise(wanted), serve({"/users/u1": (200, {"name": "Ada"})}))
    assert "missing the following keys: n" in failure.explanation


def test_a_query_is_sent_as_the_case_says(serve: Serve) -> None:
    async def listed(client: Any) -> str:
        answer = await client.http.get("/users", params={"ids": "a,b"})
        return str(answer.json()[0])

    running = serve({"/users?ids=a%2Cb": (200, ["x"])})
    wanted = case(
        request=Request("GET", "/users", query={"ids": "a,b"}),
        response=Response(200, ["x"]),
        call=listed,
        expect="x",
    )
    verify_interaction(exercise(wanted), provider(running))


def test_nothing_is_left_in_the_temporary_folder(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    verify_interaction(exercise(case()), provider(serve({"/users/u1": (200, {"name": "Ada"})})))
    assert list(tmp_path.iterdir()) == []
