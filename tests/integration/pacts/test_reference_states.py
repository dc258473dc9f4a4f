"""The reference providers beside their states: `python -m contracts.states`."""

from collections.abc import Iterator

import httpx
import pytest

from contracts.states import USER_STATES
from contracts.states.__main__ import main
from seatrial.pacts.message import METADATA_HEADER, decode_metadata
from seatrial.system import Process, Session

STATE = "a user exists"
ADA = {"id": "usr_ada", "email": "ada@example.com", "role": "va", "name": "Ada"}


@pytest.fixture(scope="module")
def process() -> Iterator[Process]:
    """user-service with its states."""
    with Session() as session:
        yield session.start("user-service", ["python", "-m", "contracts.states", "user-service"])


class Running:
    """The things that are asked of it."""

    def __init__(self, process: Process, http: httpx.Client) -> None:
        listening = process.wait_listening(60)
        self.url, self.states_url = listening["url"], listening["statesUrl"]
        self.messages_url = listening["messagesUrl"]
        self.http = http

    def change(self, action: str, state: str, **params: str) -> httpx.Response:
        """Change its state as Pact would."""
        body = {"action": action, "state": state, "params": params}
        return self.http.post(self.states_url, json=body)

    def send(self, message: str) -> httpx.Response:
        """Make it send a message, as Pact would."""
        return self.http.post(self.messages_url, json={"description": message})

    def user(self, user_id: str) -> httpx.Response:
        """Ask for a user."""
        return self.http.get(f"{self.url}/users/{user_id}")


@pytest.fixture
def running(process: Process) -> Iterator[Running]:
    """It, empty."""
    with httpx.Client() as http:
        running = Running(process, http)
        running.change("teardown", "")
        yield running


def test_a_state_puts_a_user_there(running: Running) -> None:
    assert running.change("setup", STATE, **ADA).status_code == 200
    assert running.user("usr_ada").json() == {**ADA, "version": 1}


def test_the_next_interaction_finds_it_empty_and_may_use_the_same_address(
    running: Running,
) -> None:
    running.change("setup", STATE, **ADA)
    running.change("teardown", STATE)
    assert running.change("setup", STATE, **{**ADA, "id": "usr_bob"}).status_code == 200
    assert running.user("usr_ada").status_code == 404
    assert running.user("usr_bob").json()["version"] == 1


def test_what_the_interaction_made_is_gone_as_well(running: Running) -> None:
    running.change("setup", "")
    made = running.http.post(f"{running.url}/users", json={"email": "x@y", "role": "va"}).json()
    running.change("teardown", "")
    running.change("setup", "")
    assert running.user(made["id"]).status_code == 404


def test_two_users_of_one_interaction_are_there_together(running: Running) -> None:
    running.change("setup", STATE, **ADA)
    running.change("setup", "a user without optional fields exists", id="usr_bare")
    assert running.user("usr_ada").status_code == 200
    assert running.user("usr_bare").json() == {
        "id": "usr_bare",
        "email": "usr_bare@example.com",
        "role": "va",
        "version": 1,
    }


def test_a_message_is_what_the_relay_sent(running: Running) -> None:
    running.change("setup", STATE, **ADA)
    running.http.patch(f"{running.url}/users/usr_ada", json={"name": "Augusta"})
    answer = running.send("a user was updated")
    event = answer.json()
    assert (event["type"], event["userId"], event["version"]) == ("USER_UPDATED", "usr_ada", 3)
    assert event["data"]["name"] == "Ada King"
    assert running.user("usr_ada").json()["name"] == "Ada King"
    assert decode_metadata(answer.headers[METADATA_HEADER]) == {"channel": "user.events"}


def test_a_message_that_the_provider_can_not_send_is_told(running: Running) -> None:
    running.change("setup", "")
    answer = running.send("a user was deleted")
    assert answer.status_code == 422
    assert "UserNotFoundError: usr_ada" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({**ADA, "nmae": "Ada"}, "a user has no nmae"),
        ({**ADA, "role": "admin"}, "role"),
        ({**ADA, "id": "a/b"}, "can't be an id"),
        ({}, "KeyError: 'id'"),
    ],
)
def test_wrong_parameters_are_answered_422_with_their_name(
    running: Running, params: dict[str, str], sentence: str
) -> None:
    answer = running.change("setup", STATE, **params)
    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_the_states_are_on_no_route_of_the_service(running: Running) -> None:
    assert running.http.post(f"{running.url}/_pact/state", json={}).status_code == 404
    assert "_pact" not in running.http.get(f"{running.url}/openapi.json").text


def test_it_ends_at_sigterm_with_0_and_leaves_nothing() -> None:
    with Session() as session:
        temporary = session.dir / "tmp"
        temporary.mkdir()
        process = session.start(
            "user-service",
            ["python", "-m", "contracts.states", "user-service"],
            env={"TMPDIR": str(temporary)},
        )
        process.wait_listening(60)
        assert list(temporary.iterdir()) != []
        process.stop()
        assert process.returncode == 0
        assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("arguments", [[], ["usr-service"], ["user-service", "again"]])
def test_an_unknown_provider_is_told_in_a_sentence(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.err.startswith("name one provider: python -m contracts.states user-service|")
    assert told.err.count("\n") == 1


def test_an_unusable_database_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://x")
    assert main(["user-service"]) == 2
    assert capsys.readouterr().err.startswith("user-service: DATABASE_URL: 'mysql' isn't known")


def test_every_state_of_the_registry_is_documented() -> None:
    assert USER_STATES.names == (STATE, "a user without optional fields exists")
    assert all(handler.__doc__ for handler in USER_STATES._functions.values())
