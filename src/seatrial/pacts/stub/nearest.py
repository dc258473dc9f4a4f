"""The reason why a request isn't an interaction: the nearest one, and the difference."""

import asyncio
import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from seatrial.pacts.files import PactFile
from seatrial.pacts.interactions import Interaction
from seatrial.pacts.kinds import kind_of
from seatrial.pacts.stub.mocks import MockServer, ReceivedRequest, takes_no_body

_ELSEWHERE = 1_000.0
"""Another method or path is further away than any differences of what is asked there."""

_CANDIDATES = 3
"""The interactions that are asked, nearest first by method and path: each takes milliseconds."""


@dataclass(frozen=True)
class Near:
    """An interaction, and what a request would have to change to be it."""

    interaction: Interaction
    differences: tuple[str, ...]
    distance: float


class Nearest:
    """Asks the interactions one by one, each with a mock server of its own."""

    def __init__(self, pact: PactFile, client: httpx.AsyncClient) -> None:
        self._pact = pact
        self._client = client
        self._mocks: dict[int, MockServer] = {}
        # A mock server tells of its last request, which must still be this one.
        self._one_at_a_time = asyncio.Lock()

    async def find(self, asked: ReceivedRequest) -> Near:
        """The nearest interaction."""
        async with self._one_at_a_time:
            candidates = sorted(
                (
                    (place, interaction)
                    for place, interaction in enumerate(self._pact.interactions)
                    if kind_of(interaction).asks_over_http
                ),
                key=lambda one: _distance(one[1].document["request"], asked),
            )
            near = [await self._near(*one, asked) for one in candidates[:_CANDIDATES]]
        return min(near, key=lambda one: one.distance)

    async def _near(self, place: int, interaction: Interaction, asked: ReceivedRequest) -> Near:
        if place not in self._mocks:
            self._mocks[place] = MockServer([(place, interaction)], str(self._pact.path))
        mock = self._mocks[place]
        differences = await mock.differences(self._client, asked)
        if differences is None:
            request = interaction.document["request"]
            return Near(interaction, (_elsewhere(request, asked),), _distance(request, asked))
        told = tuple(str(one.get("mismatch") or json.dumps(one)) for one in differences)
        if asked.body and takes_no_body(interaction):
            told = (*told, "expected no body, and there is one")
        return Near(interaction, told, len(told))


def _elsewhere(request: Mapping[str, Any], asked: ReceivedRequest) -> str:
    expected = f"{request.get('method', 'GET')} {request.get('path', '/')}"
    return f"expected {expected}, and it was {asked.method} {asked.path}"


def _distance(request: Mapping[str, Any], asked: ReceivedRequest) -> float:
    same_method = float(str(request.get("method", "GET")).upper() == asked.method)
    path = str(request.get("path", "/"))
    alike = difflib.SequenceMatcher(None, _parts(path), _parts(asked.path)).ratio()
    letters = difflib.SequenceMatcher(None, path, asked.path).ratio()
    return _ELSEWHERE - same_method - alike - letters


def _parts(path: str) -> Sequence[str]:
    return path.strip("/").split("/")
