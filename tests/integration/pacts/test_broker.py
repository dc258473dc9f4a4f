"""Asking a broker for pacts and telling it results: against a stand-in that speaks its routes."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from seatrial.errors import UsageError
from seatrial.pacts.broker import Broker, BrokerPact, PactSelection
from seatrial.pacts.broker.publication import BrokerSource, Release, Verified, publish, refusal

from .broker_stand_in import StandIn, stand_in

INTERACTION = {
    "description": "get a user",
    "type": "Synchronous/HTTP",
    "request": {"method": "GET", "path": "/users/u1"},
    "response": {"status": 200},
}
PROVIDER = "user-service"


def pact(consumer: str = "web", **more: Any) -> dict[str, Any]:
    """A pact's JSON value."""
    return {
        "consumer": {"name": consumer},
        "provider": {"name": PROVIDER},
        "interactions": [INTERACTION],
        "metadata": {"pactSpecification": {"version": "4.0"}},
        **more,
    }


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A stand-in, and no credentials in the environment."""
    for name in ("TOKEN", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"PACT_BROKER_{name}", raising=False)
    with stand_in() as running:
        yield running


@pytest.fixture
def broker(running: StandIn) -> Iterator[Broker]:
    """Asks it."""
    with Broker(running.url) as broker:
        yield broker


def found(url: str, transport: httpx.BaseTransport | None = None) -> tuple[BrokerPact, ...]:
    """The answers of a broker of one's own."""
    with Broker(url, transport=transport) as broker:
        return broker.pacts_for(PROVIDER, PactSelection())


def refused(ask: Callable[[], object]) -> str:
    """The sentence that it is refused with."""
    with pytest.raises(UsageError) as raised:
        ask()
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_the_main_branches_pacts_are_chosen_by_default(running: StandIn, broker: Broker) -> None:
    running.put(pact("web"), "1.2", "main")
    running.put(pact("app"), "7", "feature")
    (one,) = broker.pacts_for(PROVIDER, PactSelection())
    assert (one.consumer, one.label, one.pending) == ("web", "1.2", False)
    assert one.interactions[0].subject == "web → user-service: get a user"
    assert running.asked[1] == (
        "POST",
        "/pacts/provider/user-service/for-verification",
        {"consumerVersionSelectors": [{"mainBranch": True}, {"deployedOrReleased": True}]},
    )


def test_a_selector_chooses_another_branch(running: StandIn, broker: Broker) -> None:
    running.put(pact("web"), "1.2", "main")
    running.put(pact("app"), "7", "feature")
    (one,) = broker.pacts_for(PROVIDER, PactSelection(selectors=("branch=feature",)))
    assert one.consumer == "app"


def test_with_a_branch_what_was_never_verified_is_pending_until_it_was(
    running: StandIn, broker: Broker
) -> None:
    running.put(pact("web"))
    choice = PactSelection(branch="main")
    (one,) = broker.pacts_for(PROVIDER, choice)
    assert one.pending
    broker.announce(PROVIDER, "2", "main")
    broker.publish(one.results_url, number="2", success=True, tests=[])
    (again,) = broker.pacts_for(PROVIDER, choice)
    assert not again.pending


def test_work_in_progress_comes_as_pending(running: StandIn, broker: Broker) -> None:
    running.put(pact("web"), "1", "main")
    running.put(pact("app"), "7", "feature")
    choice = PactSelection(branch="main", wip_since="2026-01-01")
    pending = {each.consumer: each.pending for each in broker.pacts_for(PROVIDER, choice)}
    assert pending == {"web": True, "app": True}
    assert running.asked[1][2]["includeWipPactsSince"] == "2026-01-01"


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (
            PactSelection(("branch",)),
            "the selector 'branch' is not known; write one of main-branch",
        ),
        (PactSelection(("main",)), "the selector 'main' is not known"),
        (
            PactSelection(branch="b", wip_since="soon"),
            "--pact-wip-since soon: write a day as 2026-01-31",
        ),
        (PactSelection(wip_since="2026-01-01"), "--pact-wip-since needs --pact-branch"),
    ],
)
def test_a_choice_that_can_not_be_made_is_told(
    broker: Broker, choice: PactSelection, sentence: str
) -> None:
    assert sentence in refused(lambda: broker.pacts_for(PROVIDER, choice))


def test_no_pact_at_all_is_told(running: StandIn, broker: Broker) -> None:
    message = refused(lambda: broker.pacts_for(PROVIDER, PactSelection()))
    assert message.startswith("the broker has no pact of user-service that is chosen by [{'main")
    assert "choose others with --pact-selector" in message


def test_a_pact_of_the_brokers_that_can_not_be_read_is_told(
    running: StandIn, broker: Broker
) -> None:
    sha = running.put(pact("web", metadata={"pactSpecification": {"version": "9.0.0"}}))
    message = refused(lambda: broker.pacts_for(PROVIDER, PactSelection()))
    assert f"/pact-version/{sha} is of pact version 9.0.0" in message
    assert message.endswith("(it comes from the broker)")


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, b"", "the broker wants credentials, and there are none (401 to GET http"),
        (403, b"", "the broker doesn't allow this user to GET http"),
        (404, b"<html>", "the broker doesn't know GET http"),
        (404, b'{"error": {"message": "no"}}', '(404): {"message": "no"}; fix --pact-broker'),
        (500, b'{"error": "out of\\nmemory"}', "(500): out of memory; try again, or look at it"),
        (503, b"<html>", "(503); try again, or look at it"),
        (409, b"", "the broker refused GET http"),
        (301, b"", "the broker sends GET http"),
        (200, b"<html>", "with something that isn't a JSON document"),
        (200, b"[]", "with something that isn't a JSON document"),
        (200, b"", "has no link pb:provider-pacts-for-verification"),
        (200, b'{"_links": []}', "has no link pb:provider-pacts-for-verification"),
    ],
)
def test_whatever_the_broker_answers_is_told_in_a_sentence(
    running: StandIn, broker: Broker, status: int, body: bytes, sentence: str
) -> None:
    running.fails["/"] = (status, body)
    assert sentence in refused(lambda: broker.pacts_for(PROVIDER, PactSelection()))


@pytest.mark.parametrize("place", ["/pacts/provider/user-service/for", "/pacts/provider/user-serv"])
def test_a_failure_further_on_is_told_too(running: StandIn, broker: Broker, place: str) -> None:
    running.put(pact())
    running.fails[place] = (500, b"")
    assert "the broker failed at" in refused(lambda: broker.pacts_for(PROVIDER, PactSelection()))


def test_wrong_credentials_are_told_without_being_shown(
    running: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.token = "open"
    monkeypatch.setenv("PACT_BROKER_TOKEN", "sesame")
    message = refused(lambda: found(running.url))
    assert message.startswith("the broker refuses the credentials (401 to GET http")
    assert "set PACT_BROKER_TOKEN, or PACT_BROKER_USERNAME and PACT_BROKER_PASSWORD" in message
    assert "sesame" not in message


def test_the_token_of_the_environment_is_sent(
    running: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.token = "sesame"
    running.put(pact())
    monkeypatch.setenv("PACT_BROKER_TOKEN", "sesame")
    assert len(found(running.url)) == 1


def test_user_and_password_of_the_environment_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACT_BROKER_USERNAME", "ada")
    monkeypatch.setenv("PACT_BROKER_PASSWORD", "lovelace")
    seen = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(404)

    refused(lambda: found("http://broker", httpx.MockTransport(answer)))
    assert seen == ["Basic YWRhOmxvdmVsYWNl"]


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:9", "can't be reached at http://127.0.0.1:9/ ("),
        ("http://no.such.host.invalid", "can't be reached at http://no.such.host.invalid/ ("),
        ("http://:::", "http://:::/ isn't the address of a broker"),
    ],
)
def test_a_broker_that_is_away_is_told(url: str, sentence: str) -> None:
    assert sentence in refused(lambda: found(url))


def test_a_broker_that_does_not_answer_in_time_is_told() -> None:
    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("", request=request)

    message = refused(lambda: found("http://broker", httpx.MockTransport(hang)))
    assert "gave no answer to GET http://broker/ within 30 s" in message


def verified(running: StandIn, broker: Broker, **outcomes: str) -> Verified:
    """Return how the verification of a pact, said to have two interactions, went."""
    running.put(pact())
    (one,) = broker.pacts_for(PROVIDER, PactSelection())
    verified = Verified(
        BrokerSource(PROVIDER, one.consumer, one.label, one.results_url, 2, pending=False)
    )
    for test, outcome in outcomes.items():
        verified.add(test, outcome, "because")
    return verified


def test_a_whole_run_is_published_with_version_and_branch(running: StandIn, broker: Broker) -> None:
    one = verified(running, broker, a="passed", b="failed")
    assert refusal([one], finished=True) is None
    told = publish(broker, [one], Release("2.0", "main", "http://ci/1"))
    assert told == ["published: failure of web → user-service (1) for version 2.0"]
    assert running.branches[PROVIDER, "2.0"] == "main"
    (result,) = running.results
    assert (result["success"], result["buildUrl"]) == (False, "http://ci/1")
    assert result["verifiedBy"]["implementation"] == "seatrial"
    assert result["testResults"] == [
        {"testDescription": "a", "success": True},
        {"testDescription": "b", "success": False, "mismatches": ["because"]},
    ]


def test_all_good_is_a_success(running: StandIn, broker: Broker) -> None:
    publish(broker, [verified(running, broker, a="passed", b="passed")], Release("2"))
    assert [result["success"] for result in running.results] == [True]
    assert (PROVIDER, "2") not in running.branches


@pytest.mark.parametrize(
    ("outcomes", "finished", "sentence"),
    [
        ({"a": "passed"}, True, "verified only 1 of 2 interactions of web → user-service (1)"),
        ({"a": "passed", "b": "skipped"}, True, "verified only 1 of 2 interactions"),
        ({}, True, "verified only 0 of 2 interactions"),
        ({"a": "passed", "b": "passed"}, False, "nothing was published: the run was interrupted"),
    ],
)
def test_a_run_that_is_not_whole_may_publish_nothing(
    running: StandIn,
    broker: Broker,
    outcomes: dict[str, str],
    finished: bool,
    sentence: str,
) -> None:
    one = verified(running, broker, **outcomes)
    assert not one.success or not finished
    assert sentence in str(refusal([one], finished=finished))


def test_the_worst_phase_of_a_test_is_what_is_published(running: StandIn, broker: Broker) -> None:
    one = verified(running, broker, a="failed", b="passed")
    one.add("a", "passed", "torn down")
    assert one.outcomes["a"] == "failed"
    assert one.explanations["a"] == "because"
    assert json.dumps(one.tests())
