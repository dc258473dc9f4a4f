"""A pool of entities is shared: by consumers, and by one run after the other."""

import asyncio

from seatrial.config import Entity
from seatrial.testbed import EntityFactory, EntityPool


class Slow(EntityFactory):
    """Makes entities while others may ask for some."""

    async def make(self, count: int) -> list[str]:
        """Make them, a turn of the loop later."""
        await asyncio.sleep(0)
        return await super().make(count)


async def at_once(pool: EntityPool, count: int) -> tuple[list[str], list[str]]:
    return await asyncio.gather(pool.take(count), pool.take(count))


def test_a_pool_outlives_the_loop_that_first_used_it() -> None:
    pool = EntityPool(lambda: Slow("thing", Entity(ids="thing-{n}"), "http://nobody"))
    first, same = asyncio.run(at_once(pool, 2))
    more, again = asyncio.run(at_once(pool, 3))
    assert first == same
    assert more == again
    assert more[:2] == first
