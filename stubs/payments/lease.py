"""A lease: of many processes over one database, one at a time does what it names."""

import time
import uuid
from collections.abc import Callable

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from stubs.database import Database
from stubs.payments.tables import LEASES


class Lease:
    """Held for a time, and taken over by another process when its holder is gone.

    It spares work and isn't a lock: a holder that was frozen may wake and go on.

    Args:
        database: what the processes share.
        name: of what is done.
        lasts_s: how long after its last renewal a holder keeps it, seconds.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        lasts_s: float,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._name = name
        self._lasts_ms = int(lasts_s * 1000)
        self._clock = clock
        self._holder = str(uuid.uuid4())

    async def take(self) -> bool:
        """Take or renew it; whether it is ours now."""
        try:
            return await self._take()
        except IntegrityError:  # the very first time, another process came first
            return False

    async def _take(self) -> bool:
        now_ms = int(self._clock() * 1000)
        mine = {"holder": self._holder, "until_ms": now_ms + self._lasts_ms}
        columns = LEASES.c
        async with self._database.writing() as connection:
            rows = await connection.execute(
                select(columns.holder, columns.until_ms)
                .where(columns.name == self._name)
                .with_for_update()
            )
            row = rows.first()
            if row is None:
                await connection.execute(insert(LEASES).values(name=self._name, **mine))
            elif row.holder == self._holder or row.until_ms <= now_ms:
                await connection.execute(
                    update(LEASES).where(columns.name == self._name).values(mine)
                )
            else:
                return False
        return True

    async def give_back(self) -> None:
        """Let the next one take it at once."""
        async with self._database.writing() as connection:
            await connection.execute(
                update(LEASES)
                .where(LEASES.c.name == self._name, LEASES.c.holder == self._holder)
                .values(until_ms=0)
            )
