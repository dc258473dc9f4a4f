"""How late the harness itself is."""

import asyncio
import time

from seatrial.testbed.lateness import Lateness


async def test_a_blocked_loop_is_late_by_what_blocked_it() -> None:
    lateness = Lateness()
    async with lateness.watched():
        await asyncio.sleep(0.02)
        before_s = lateness.total_s
        time.sleep(0.2)  # noqa: ASYNC251 - what it measures
        blocked_s = lateness.total_s - before_s
        await asyncio.sleep(0.02)
        assert 0.15 <= blocked_s <= lateness.total_s
    after_s = lateness.total_s
    time.sleep(0.02)  # noqa: ASYNC251 - nobody watches any more
    assert lateness.total_s == after_s
