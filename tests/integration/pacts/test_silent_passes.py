"""The ways in which pact-python passes without having proved anything: each is caught here.

The first half of a test shows that pact-python alone still passes, so that we notice when it mends
one; the second half shows ours.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from pact import Pact, Verifier

from seatrial.errors import UsageError
from seatrial.pacts import items
from seatrial.pacts.book import merge
from seatrial.pacts.cases import Response, given
from seatrial.pacts.committed import update
from seatrial.pacts.exercising import exercise
from seatrial.pacts.failures import ContractBroken, StateFailed
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.state_endpoint import PATH, StateEndpoint
from seatrial.pacts.states import States
from seatrial.pacts.verification import Provider, verify_interaction

from .small_system import Answering, case

Serve = Callable[..., Answering]


def plain(name: str, source: Path, running: Answering) -> Verifier:
    """A verifier as pact-python's documentation shows it."""
    return Verifier(name, host="127.0.0.1").add_transport(url=running.url).add_source(source)


def committed(folder: Path, *interactions: Interaction) -> Path:
    """A folder that holds their pact."""
    update(merge(interactions), folder / "web-user-service.json")
    return folder


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_an_asynchronous_handler_is_awaited(serve: Serve) -> None:
    async def fails(*_arguments: object) -> None:
        raise ValueError("it does not rain")

    pact = Pact("web", "user-service")
    pact.upon_receiving("it rained", "Async").with_body({"mm": 3}, "application/json")
    pact.verify(fails, "Async")  # type: ignore[call-overload]

    states: States[None] = States("user-service")
    states.handler("it rains")(fails)
    with states_served(states) as url, pytest.raises(StateFailed) as raised:
        verify_interaction(
            exercise(case(given=(given("it rains"),))),
            Provider("user-service", serve({"/users/u1": (200, {"name": "Ada"})}).url, url),
        )
    assert raised.value.explanation.endswith("status 422: ValueError: it does not rain")
    assert "in fails" in raised.value.output


@contextmanager
def states_served(states: States[None]) -> Iterator[str]:
    """The whole address of a state endpoint, on a thread of its own."""

    async def nothing() -> None: ...

    app = StateEndpoint(states, None, nothing)
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{PATH}"
        server.should_exit = True
        thread.join()


def test_a_misspelt_provider_verifies_nothing(serve: Serve, tmp_path: Path) -> None:
    running = serve({})  # answers 404 to everything
    pacts = committed(tmp_path, exercise(case()))
    verifier = plain("usr-service", pacts, running).verify()
    assert verifier.results["interactionResults"] == []

    states: list[States[Any]] = [States("usr-service"), States("user-service")]
    with pytest.raises(UsageError, match=r"no pact in .* names the provider 'usr-service'"):
        items.provider(())("usr-service", pacts=pacts, states=states)


def test_a_pact_for_a_provider_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    pacts = committed(tmp_path, exercise(case()))
    with pytest.raises(UsageError, match="names the provider 'user-service', which is not known"):
        items.provider(())("usr-service", pacts=pacts, states=[States("usr-service")])


def test_an_empty_folder_verifies_nothing(serve: Serve, tmp_path: Path) -> None:
    verifier = plain("user-service", tmp_path, serve({}))
    verifier.set_error_on_empty_pact(enabled=True).verify()
    assert verifier.results["interactionResults"] == []

    with pytest.raises(UsageError, match="holds no pact"):
        items.provider(())("user-service", pacts=tmp_path, states=[States("user-service")])


def test_a_filter_that_fits_nothing_verifies_nothing(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = serve({})
    interaction = exercise(case())
    pacts = committed(tmp_path, interaction)
    plain("user-service", pacts, running).filter("^another$").verify()

    empty = {**interaction.alone(), "interactions": []}
    monkeypatch.setattr(Interaction, "alone", lambda _self: empty)
    with pytest.raises(ContractBroken, match="0 interactions were verified instead of 1"):
        verify_interaction(interaction, Provider("user-service", running.url))


def test_a_redirect_is_not_followed(serve: Serve, tmp_path: Path) -> None:
    elsewhere = serve({"/users/u1": (200, {"name": "Ada"})})
    running = serve({"/users/u1": (307, {})}, headers={"location": elsewhere.url + "/users/u1"})
    interaction = exercise(case())
    plain("user-service", committed(tmp_path, interaction), running).verify()

    with pytest.raises(ContractBroken, match="307"):
        verify_interaction(interaction, Provider("user-service", running.url))


def test_the_second_interaction_of_one_name_does_not_replace_the_first(tmp_path: Path) -> None:
    for name in ("Ada", "Bob"):
        pact = Pact("web", "user-service")
        pact.upon_receiving("get a user").with_request("GET", f"/users/{name}").will_respond_with(
            200
        )
        pact.write_file(tmp_path)
    (file,) = tmp_path.iterdir()
    assert "/users/Ada" not in file.read_text()

    twice = [case(), case(response=Response(404), expect=None)]
    with pytest.raises(UsageError, match="two cases are called 'web → user-service: get a user'"):
        items.consumer(twice)
    with pytest.raises(UsageError, match="two cases are called"):
        items.committed(twice, pacts=tmp_path)
    with pytest.raises(UsageError, match="two interactions are called"):
        merge([exercise(each) for each in twice])


def test_an_interaction_that_was_never_called_is_not_written(tmp_path: Path) -> None:
    case().pact().write_file(tmp_path)
    assert len(list(tmp_path.iterdir())) == 1

    async def nothing(_client: object) -> str:
        return "Ada"

    with pytest.raises(ContractBroken, match="Missing request"):
        exercise(case(call=nothing))


def test_a_pending_interaction_must_hold_as_well(serve: Serve, tmp_path: Path) -> None:
    running = serve({"/users/u1": (200, {"name": "Bob"})})
    document = {**exercise(case()).document, "pending": True}
    interaction = Interaction("web", "user-service", document)
    plain("user-service", committed(tmp_path, interaction), running).verify()

    with pytest.raises(ContractBroken, match="'Bob'"):
        verify_interaction(interaction, Provider("user-service", running.url))


def test_a_state_without_an_address_is_not_left_out(serve: Serve, tmp_path: Path) -> None:
    running = serve({"/users/u1": (200, {"name": "Ada"})})
    interaction = exercise(case(given=(given("it rains"),)))
    plain("user-service", committed(tmp_path, interaction), running).verify()

    with pytest.raises(UsageError, match="needs a state"):
        verify_interaction(interaction, Provider("user-service", running.url))
