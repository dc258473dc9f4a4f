"""Fixtures that prove contracts: exercised, compared, verified, measured, documented."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pytest

from seatrial.pytest_plugin.options import addresses
from seatrial.pytest_plugin.stash import MEASURED, PROVEN, contract_test

if TYPE_CHECKING:
    from seatrial.pacts.book import Book
    from seatrial.pacts.cases import AnyCase
    from seatrial.pacts.interactions import Interaction
    from seatrial.pacts.providers import Providers


@pytest.fixture(scope="session")
def pact_provider_commands() -> Mapping[str, Sequence[str]]:
    """The commands that start the providers, each by its name; define your own in conftest.py.

    When it is ready, a command prints one line `{"event": "listening", "data": {"url": …,
    "statesUrl": …, "messagesUrl": …}}`, the latter two being the whole addresses that take Pact's
    state changes and make it send a message. It ends at SIGTERM.
    """
    return {}


@pytest.fixture(scope="session")
def pact_providers(
    request: pytest.FixtureRequest,
    pytestconfig: pytest.Config,
    pact_provider_commands: Mapping[str, Sequence[str]],
) -> Iterator[Providers]:
    """The providers of this run, started once, side by side, when the first is asked for."""
    from seatrial.pacts.providers import Providers

    urls = addresses(pytestconfig, "pact_provider")
    with Providers(
        urls=urls,
        states_urls=addresses(pytestconfig, "pact_states"),
        messages_urls=addresses(pytestconfig, "pact_messages"),
        commands=pact_provider_commands,
    ) as providers:
        records = map(contract_test, request.session.items)
        providers.begin({each.provider for each in records if each and each.kind == "provider"})
        yield providers


@pytest.fixture(scope="session")
def pact_book() -> Book:
    """The products of the consumers' cases in this run."""
    from seatrial.pacts.book import Book

    return Book()


@pytest.fixture
def pact_exercise(request: pytest.FixtureRequest, pact_book: Book) -> Callable[[AnyCase], None]:
    """Exercise a case: the consumer's real client against a provider as the case describes it."""

    def exercise(case: AnyCase) -> None:
        pact_book.exercise(case)
        request.node.stash[PROVEN] = True

    return exercise


@pytest.fixture
def pact_verify(
    request: pytest.FixtureRequest, pact_providers: Providers
) -> Callable[[Interaction], None]:
    """Hold the running provider to an interaction; skip one for which an address is missing."""

    def verify(interaction: Interaction) -> None:
        if missing := pact_providers.lacks(interaction):
            pytest.skip(missing)
        pact_providers.verify(interaction)
        request.node.stash[PROVEN] = True

    return verify


@pytest.fixture
def pact_compare(
    request: pytest.FixtureRequest, pact_book: Book
) -> Callable[[Sequence[AnyCase]], None]:
    """Hold the committed pact of a pair against what its cases produce, or write it again."""
    from seatrial.pacts import committed

    mark = _mark(request, "pact_committed", "pact_compare")

    def compare(cases: Sequence[AnyCase]) -> None:
        path = mark.kwargs["pacts"] / cases[0].pair.file_name
        produced = pact_book.pact(cases)
        if request.config.getoption("pact_update"):
            committed.update(produced, path)
        committed.compare(produced, path)
        request.node.stash[PROVEN] = True

    return compare


@pytest.fixture
def pact_judge(
    request: pytest.FixtureRequest, pact_book: Book, pact_providers: Providers
) -> Callable[[AnyCase], None]:
    """Look for what a provider could change without the pact noticing, and the consumer breaks."""
    from seatrial.pacts.strength.measurement import measure
    from seatrial.pacts.strength.waivers import read_waivers

    mark = request.node.get_closest_marker("pact_strength")
    if mark is None:
        pytest.fail("pact_judge needs the marker pact_strength, which names cases and waivers")
    waivers = read_waivers(mark.kwargs["waivers"])

    def judge(case: AnyCase) -> None:
        measured = measure(case, mark.args[0], pact_book, pact_providers, waivers)
        request.node.stash[MEASURED] = measured.as_values()
        measured.require_strong()
        request.node.stash[PROVEN] = True

    return judge


@pytest.fixture
def pact_document(
    request: pytest.FixtureRequest, pact_providers: Providers
) -> Callable[[Sequence[Interaction]], None]:
    """Hold a provider's OpenAPI document against what its consumers ask and expect."""
    from seatrial.pacts.openapi.document_check import check, fetch

    mark = _mark(request, "pact_documented", "pact_document")
    path = mark.kwargs.get("openapi", "/openapi.json")

    def hold(interactions: Sequence[Interaction]) -> None:
        document = pact_providers.ask(interactions[0], lambda _, provider: fetch(provider, path))
        if document is None:
            pytest.skip(f"publishes no OpenAPI document at {path}")
        checked = check(interactions, document)
        request.node.stash[MEASURED] = checked.as_values()
        checked.require_documented()
        request.node.stash[PROVEN] = True

    return hold


def _mark(request: pytest.FixtureRequest, marker: str, fixture: str) -> pytest.Mark:
    """The marker that a fixture takes more from."""
    mark: pytest.Mark | None = request.node.get_closest_marker(marker)
    if mark is None:
        pytest.fail(f"{fixture} needs the marker {marker} on its test", pytrace=False)
    return mark
