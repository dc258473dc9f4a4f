"""Services that are killed at a point of a journey."""

import asyncio

from seatrial.errors import InvalidRun
from seatrial.explore.processes import Processes


class Broken(Processes):
    """Their services can't be started again."""

    async def _kill_and_start(self, name: str) -> None:
        raise InvalidRun(f"{name} is not healthy.\nIt said last:\nalready running")


def test_a_service_that_does_not_start_again_is_an_ending_and_no_error() -> None:
    async def kill() -> list[str]:
        processes = Broken()
        await processes.crash("shop")
        await processes.up()
        processes.forget()  # the recovery begins
        return processes.endings()

    said = "shop is not healthy. It said last: already running"
    assert asyncio.run(kill()) == [f"shop didn't start again after it was killed: {said}"]
