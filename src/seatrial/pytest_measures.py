"""Fixtures that measure contracts: how strong they are, and how well they are documented.

A part of `seatrial.pytest_plugin`, which loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from seatrial.pytest_stash import MEASURED, PROVEN

if TYPE_CHECKING:
    from seatrial.pacts.book import Book
    from seatrial.pacts.cases import AnyCase
    from seatrial.pacts.interactions import Interaction
    from seatrial.pacts.providers import Providers


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
        request.node.stash[MEASURED] = measured.told()
        measured.require_strong()
        request.node.stash[PROVEN] = True

    return judge


@pytest.fixture
def pact_document(
    request: pytest.FixtureRequest, pact_providers: Providers
) -> Callable[[Sequence[Interaction]], None]:
    """Hold a provider's OpenAPI document against what its consumers ask and expect."""
    from seatrial.pacts.openapi.document_check import check, fetch

    mark = request.node.get_closest_marker("pact_documented")
    if mark is None:
        pytest.fail("pact_document needs the marker pact_documented, which names the folder")
    path = mark.kwargs.get("openapi", "/openapi.json")

    def hold(interactions: Sequence[Interaction]) -> None:
        document = pact_providers.ask(interactions[0], lambda _, provider: fetch(provider, path))
        if document is None:
            pytest.skip(f"publishes no OpenAPI document at {path}")
        checked = check(interactions, document)
        request.node.stash[MEASURED] = checked.told()
        checked.require_documented()
        request.node.stash[PROVEN] = True

    return hold
