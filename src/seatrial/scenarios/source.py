"""Where entities come from: the provider itself, asked directly and not over the wire."""

import asyncio
import itertools
import os
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from seatrial.config import Edit, Entity
from seatrial.errors import InvalidRun

_AT_ONCE = 8
_numbers = itertools.count(1)


class Source:
    """Makes, changes and removes a provider's entities, as an edge declares it."""

    def __init__(self, edge: str, entity: Entity, url: str) -> None:
        """Take the edge's name, its way to make entities, and the provider's own URL."""
        self._place = f"edges.{edge}.entity"
        self._entity = entity
        self._client = httpx.AsyncClient(base_url=url, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def make(self, count: int) -> list[str]:
        """Make so many entities that nobody has asked for; their ids.

        Raises:
            InvalidRun: the provider made none.
        """
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one() -> str:
            async with gate:
                answer, _ = await self._send(self._entity, "")
            try:
                return str(answer.json()[self._entity.id])
            except (ValueError, KeyError, TypeError):
                raise InvalidRun(
                    f"{self._place}.id: the provider's answer has no field {self._entity.id!r}"
                ) from None

        return await asyncio.gather(*(one() for _ in range(count)))

    async def send(self, edit: Edit, entity: str) -> dict[str, Any]:
        """Change an entity; the body that was sent.

        Raises:
            InvalidRun: the provider refused.
        """
        return (await self._send(edit, entity))[1]

    async def _send(self, edit: Edit, entity: str) -> tuple[httpx.Response, dict[str, Any]]:
        # The process id keeps two runs against one provider apart.
        body: dict[str, Any] = _filled(edit.body, f"{os.getpid()}-{next(_numbers)}")
        path = edit.path.replace("{id}", quote(entity, safe=""))
        try:
            answer = await self._client.request(edit.method, path, json=body or None)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise InvalidRun(
                f"{self._place}: the provider refused {edit.method} {path}: {error}"
            ) from None
        return answer, body


def _filled(value: Any, number: str) -> Any:
    """The value with {n} replaced in all its strings."""
    if isinstance(value, str):
        return value.replace("{n}", number)
    if isinstance(value, dict):
        return {key: _filled(inner, number) for key, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, number) for inner in value]
    return value
