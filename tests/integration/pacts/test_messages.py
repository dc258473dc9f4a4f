"""Messages: handed to the consumer's real handler, and verified as the provider sent them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from pact import Pact, Verifier

from seatrial.errors import UsageError
from seatrial.pacts.book import as_text, merge
from seatrial.pacts.cases import MessageCase, given
from seatrial.pacts.exercising import exercise
from seatrial.pacts.failures import ContractBroken, MessageFailed, NoAnswer, StateFailed
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import MESSAGE, kind_of
from seatrial.pacts.matchers import match, nullable
from seatrial.pacts.message import METADATA_HEADER, encode_metadata
from seatrial.pacts.verification import Provider, verify_interaction

from .small_system import PAIR, Answering, case

Serve = Callable[..., Answering]
CHANNEL = {METADATA_HEADER: encode_metadata({"channel": "weather"})}


async def millimetres(message: bytes) -> object:
    """The consumer's handler."""
    return json.loads(message)["mm"]


def rained(**changes: Any) -> MessageCase:
    """A case of a message that passes, but for what is changed."""
    fields: dict[str, Any] = {
        "description": "it rained",
        "contents": {"mm": match.int(3)},
        "metadata": {"channel": "weather"},
        "receive": millimetres,
        "expect": 3,
        **changes,
    }
    return MessageCase(pair=PAIR, **fields)


def provider(running: Answering, **changes: Any) -> Provider:
    """A provider whose message is the answer of None: a request without `state`."""
    urls = {"states_url": running.url + "/states", "messages_url": running.url + "/messages"}
    return Provider("user-service", running.url, **{**urls, **changes})


def broken(interaction: Interaction, running: Answering) -> ContractBroken:
    """Return how a provider breaks a message."""
    with pytest.raises(ContractBroken) as raised:
        verify_interaction(interaction, provider(running))
    return raised.value


def test_a_message_that_is_taken_gives_its_interaction() -> None:
    interaction = exercise(rained(given=(given("clouds", n=2),)))
    assert kind_of(interaction) is MESSAGE
    assert interaction.subject == "web → user-service: it rained (clouds)"
    assert interaction.document["contents"]["content"] == {"mm": 3}
    assert interaction.document["metadata"]["channel"] == "weather"
    rules = interaction.document["matchingRules"]["body"]["$.mm"]["matchers"]
    assert rules == [{"match": "integer"}]


def test_messages_and_requests_of_a_pair_are_one_pact() -> None:
    pact = merge([exercise(rained()), exercise(case())])
    assert [entry["type"] for entry in pact["interactions"]] == [
        "Synchronous/HTTP",
        "Asynchronous/Messages",
    ]
    assert as_text(pact) == as_text(merge([exercise(case()), exercise(rained())]))


def test_a_handler_that_can_not_take_the_message_breaks_the_case() -> None:
    with pytest.raises(ContractBroken, match="web can't take the message 'it rained': KeyError"):
        exercise(rained(contents={"cm": 3}))


def test_a_handler_that_makes_something_else_of_the_message_breaks_the_case() -> None:
    with pytest.raises(ContractBroken, match="web makes something else of 'it rained'"):
        exercise(rained(expect=4))


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_an_asynchronous_handler_is_awaited() -> None:
    async def fails(*_arguments: object) -> None:
        raise ValueError("too wet")

    pact = Pact("web", "user-service")
    pact.upon_receiving("it rained", "Async").with_body({"mm": 3}, "application/json")
    pact.verify(fails, "Async")  # type: ignore[call-overload] # never awaited, and passes

    with pytest.raises(ContractBroken, match="ValueError: too wet"):
        exercise(rained(receive=fails))


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_handler_within_a_handler_that_nobody_awaits_breaks_the_case() -> None:
    async def forgets(message: bytes) -> object:
        return millimetres(message)

    with pytest.raises(ContractBroken, match="makes something else"):
        exercise(rained(receive=forgets))


def test_a_handler_that_is_not_asynchronous_breaks_the_case() -> None:
    with pytest.raises(ContractBroken, match="can't take the message 'it rained': TypeError"):
        exercise(rained(receive=lambda message: json.loads(message)["mm"]))


def test_a_message_with_nullable_fields_is_written() -> None:
    interaction = exercise(rained(contents={"mm": 3, "n": nullable(match.int(1))}))
    matchers = interaction.document["matchingRules"]["body"]["$.n"]["matchers"]
    assert [rule["match"] for rule in matchers] == ["null", "integer"]


def test_a_message_as_agreed_passes_whatever_else_it_says(serve: Serve) -> None:
    running = serve({None: (200, {"mm": 7, "cm": 0.7})}, headers=CHANNEL)
    verify_interaction(exercise(rained()), provider(running))


def test_its_states_are_set_up_first_and_it_is_sent_once(serve: Serve) -> None:
    running = serve({None: (200, {"mm": 7})}, headers=CHANNEL)
    verify_interaction(exercise(rained(given=(given("clouds", n=2),))), provider(running))
    state = {"state": "clouds", "params": {"n": 2}}
    named = {
        "description": "it rained",
        "providerStates": [{"name": "clouds", "params": {"n": 2}}],
    }
    assert running.asked == [
        ("POST", "/states", {**state, "action": "setup"}),
        ("POST", "/messages", named),
        ("POST", "/states", {**state, "action": "teardown"}),
    ]


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"cm": 7}, "missing the following keys: mm"),
        ({"mm": "7"}, "$.mm"),
        (b"", "was empty"),
        (b'{"mm":', "Failed to parse the actual body"),
        (b"\xff\x00", "Failed to parse the actual body"),
        ([7], "$: "),
    ],
)
def test_another_message_breaks_the_contract_and_says_where(
    serve: Serve, body: object, where: str
) -> None:
    failure = broken(exercise(rained()), serve({None: (200, body)}, headers=CHANNEL))
    assert "breaks 'web → user-service: it rained'" in failure.explanation
    assert where in failure.explanation


def test_another_channel_breaks_the_contract(serve: Serve) -> None:
    other = {METADATA_HEADER: encode_metadata({"channel": "news"})}
    failure = broken(exercise(rained()), serve({None: (200, {"mm": 7})}, headers=other))
    assert "channel" in failure.explanation
    assert "'news'" in failure.explanation


def test_no_metadata_breaks_the_contract(serve: Serve) -> None:
    failure = broken(exercise(rained()), serve({None: (200, {"mm": 7})}))
    assert "Expected message metadata 'channel' but was missing" in failure.explanation


def test_metadata_that_can_not_be_read_is_told(serve: Serve) -> None:
    running = serve({None: (200, {"mm": 7})}, headers={METADATA_HEADER: "{}"})
    assert "that isn't base64 of a JSON object" in broken(exercise(rained()), running).explanation


def test_an_error_is_not_taken_for_the_message(serve: Serve, tmp_path: Any) -> None:
    problem = {"mm": 7, "detail": "KeyError: 'mm'", "traceback": "File x, line 1"}
    running = serve({None: (500, problem)}, headers=CHANNEL)
    interaction = exercise(rained())
    file = tmp_path / "pact.json"
    file.write_text(json.dumps(interaction.alone()))
    port = int(running.url.rsplit(":", 1)[1])
    verifier = Verifier("user-service", host="127.0.0.1").add_source(file)
    verifier.add_transport(protocol="message", port=port, path="/messages")
    verifier.verify()  # the status means nothing to it

    failure = broken(interaction, running)
    assert isinstance(failure, MessageFailed)
    assert failure.explanation == (
        "the message 'it rained' of user-service failed with status 500: KeyError: 'mm'"
    )
    assert failure.output == "File x, line 1"


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    running = serve({None: (307, {})}, headers={"location": "/elsewhere", **CHANNEL})
    assert "failed with status 307" in broken(exercise(rained()), running).explanation


def test_a_provider_that_is_away_is_told(serve: Serve) -> None:
    away = provider(serve({}), messages_url="http://127.0.0.1:9/messages")
    with pytest.raises(NoAnswer, match=r"was not sent to http://127\.0\.0\.1:9/messages"):
        verify_interaction(exercise(rained()), away)


def test_a_state_that_fails_is_why_it_was_not_sent(serve: Serve) -> None:
    running = serve({"clouds": (422, {"detail": "no"}), None: (200, {"mm": 7})}, headers=CHANNEL)
    with pytest.raises(StateFailed):
        verify_interaction(exercise(rained(given=(given("clouds"),))), provider(running))
    assert "/messages" not in {path for _, path, _ in running.asked}


def test_a_message_without_an_address_is_not_left_out(serve: Serve) -> None:
    with pytest.raises(UsageError, match="is a message, and user-service was given no address"):
        verify_interaction(exercise(rained()), provider(serve({}), messages_url=None))
