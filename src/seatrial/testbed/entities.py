"""Where entities come from: the provider itself, asked directly and not over the wire."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from seatrial.config import DeclaredRequest, Edit, Entity
from seatrial.errors import InvalidRun
from seatrial.testbed.answers import field
from seatrial.testbed.payload import filled, header_values, new_number

_AT_ONCE = 8


class EntityFactory:
    """Makes, changes and removes a provider's entities, as an edge declares it."""

    def __init__(self, edge: str, entity: Entity, url: str) -> None:
        """Take the edge's name, its way to make entities, and the provider's own URL."""
        self._place = f"edges.{edge}.entity"
        self._entity = entity
        # Plain HTTP; to read the list of authorities takes 50 ms.
        self._client = httpx.AsyncClient(
            base_url=url,
            headers=header_values(entity.headers, f"{self._place}.headers"),
            trust_env=False,
            verify=False,  # noqa: S501
        )

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
        """Make this many entities that nobody has asked for, and return their ids.

        Raises:
            InvalidRun: the provider made none.
        """
        making = self._entity.making
        if making is None:
            pattern = self._entity.ids or "{n}"
            return [pattern.replace("{n}", new_number()) for _ in range(count)]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one() -> str:
            async with gate:
                answer, _ = await self._send(making, "")
            found = None
            with suppress(ValueError):
                found = field(answer.json(), self._entity.id)
            if found is None:
                raise InvalidRun(
                    f"{self._place}.id: the provider's answer has no field {self._entity.id!r}"
                )
            return str(found)

        return await asyncio.gather(*(one() for _ in range(count)))

    async def has_forgotten(self, entity: str, reading: DeclaredRequest) -> bool:
        """Return whether the provider may no longer have an entity that was made at it.

        Args:
            entity: its id.
            reading: the request that asks the provider about it; one that isn't safe isn't sent.
        """
        if self._entity.making is None:
            return False
        if reading.method != "GET" or not reading.names_entity:
            return True
        try:
            answer = await self._client.get(
                reading.path.replace("{id}", quote(entity, safe="")),
                params=filled(reading.query, entity, "") or None,
            )
        except httpx.HTTPError:
            return True
        return not answer.is_success

    def look_alikes(self) -> list[str]:
        """Return ids that a careless key takes for one another; none where the provider makes ids.

        They share a beginning, an end, all but their case, a leading zero, or what has to be
        encoded in a path.
        """
        pattern = self._entity.ids
        if self._entity.making is not None or pattern is None:
            return []
        base = new_number()
        forms = (base, f"{base}0", f"0{base}", f"{base}a", f"{base}A", f"{base} a", f"{base}ä")
        return [pattern.replace("{n}", form) for form in forms]

    async def send(self, edit: Edit, entity: str) -> dict[str, Any]:
        """Change an entity; the body that was sent.

        Raises:
            InvalidRun: the provider refused.
        """
        return (await self._send(edit, entity))[1]

    async def _send(self, edit: Edit, entity: str) -> tuple[httpx.Response, dict[str, Any]]:
        number = new_number()
        body: dict[str, Any] = filled(edit.body, entity, number)
        path = edit.path.replace("{id}", quote(entity, safe=""))
        params = filled(edit.query, entity, number) or None
        try:
            answer = await self._client.request(edit.method, path, params=params, json=body or None)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise InvalidRun(
                f"{self._place}: the provider refused {edit.method} {path}: {error}"
            ) from None
        return answer, body


class EntityPool:
    """Entities that many consumers may be asked about, each of them for the first time.

    A fresh consumer has never heard of an entity, whoever else was asked about it: so that a
    hundred entities are made once, and not for every scenario.
    """

    def __init__(self, source: Callable[[], EntityFactory]) -> None:
        """Take what makes them."""
        self._source = source
        self._made: list[str] = []
        self._locks: tuple[asyncio.AbstractEventLoop, asyncio.Lock] | None = None

    async def take(self, count: int, *, own: bool = False) -> list[str]:
        """Return entities that no fresh consumer has heard of.

        Args:
            count: how many.
            own: made for this one scenario, which changes or removes them.
        """
        if own:
            async with self._source() as source:
                return await source.make(count)
        return await self._shared(count)

    async def again(self, count: int, *, own: bool = False) -> list[str]:
        """Return entities that were made just now, for a provider that forgot the others."""
        async with self._lock():
            self._made.clear()
        return await self.take(count, own=own)

    def _lock(self) -> asyncio.Lock:
        """Return the running loop's lock: a pool outlives a loop, and a lock is of one."""
        loop = asyncio.get_running_loop()
        if self._locks is None or self._locks[0] is not loop:
            self._locks = loop, asyncio.Lock()
        return self._locks[1]

    async def _shared(self, count: int) -> list[str]:
        async with self._lock():
            missing = count - len(self._made)
            if missing > 0:
                async with self._source() as source:
                    self._made += await source.make(missing)
        return self._made[:count]
