"""Changes of entities at the provider, and when the consumer shows them."""

from collections.abc import Awaitable, Callable
from typing import Literal

import httpx

from seatrial.checks import Change, phases
from seatrial.config import Edge
from seatrial.testbed import CallDriver, Clock, EntityFactory, looks_like

ChangeKind = Literal["changed", "removed"]
Look = Callable[[], Awaitable[None]]
_POLL_S = 0.02
_LOOKED_FOR_S = 2.0
"""How long a change is looked for where it isn't declared by when it is shown."""
_MARGIN_S = 0.2


class EntityChanges:
    """Changes entities of one edge, past its wire, and looks for the changes at its consumer."""

    def __init__(self, edge: Edge, driver: CallDriver, source: EntityFactory, clock: Clock) -> None:
        """Take what changes entities, and what asks the consumer for them."""
        self.seen: list[Change] = []
        self._edge = edge
        self._driver = driver
        self._source = source
        self._clock = clock

    async def change(self, entity: str) -> Look:
        """Change an entity; what it returns looks until the consumer shows it."""
        edit = self._edge.entity.change
        if edit is None:
            return _nothing
        sent = await self._source.send(edit, entity)
        texts = [text for text in sent.values() if isinstance(text, str)]
        return self._looking(
            entity, "changed", lambda answer: all(text in answer.text for text in texts)
        )

    async def remove(self, entity: str) -> Look:
        """Remove an entity; what it returns looks until the consumer says that it is gone."""
        edit = self._edge.entity.remove
        if edit is None:
            return _nothing
        await self._source.send(edit, entity)
        return self._looking(
            entity, "removed", lambda answer: looks_like(answer, self._edge.missing)
        )

    def _looking(
        self, entity: str, kind: ChangeKind, shows: Callable[[httpx.Response], bool]
    ) -> Look:
        cache = self._edge.policy.cache
        bound_s = (cache.fresh_within_s if cache else None) or _LOOKED_FOR_S

        async def look() -> None:
            begun_s = self._clock.now_s()
            shown_s = None
            while shown_s is None and self._clock.now_s() < begun_s + bound_s + _MARGIN_S:
                call, answer = await self._driver.call(phases.LOOKING, entity)
                if answer is not None and shows(answer):
                    shown_s = call.ended_s
                else:
                    await self._clock.sleep(_POLL_S)
            self.seen.append(Change(entity, kind, begun_s, shown_s))

        return look


async def _nothing() -> None:
    """Look for nothing: nothing was changed."""
