"""The reference system's marketplace, with a subscriber that is as it once was."""

import os
import sys
from typing import Any

from stubs.events import subscriber
from stubs.events.channels import USER_EVENTS
from stubs.marketplace import SERVICE, MarketplaceSettings, create_app
from stubs.marketplace import application as right_application
from stubs.web import run_service

_SILENCE_S = 0.1
_RIGHT = subscriber.UserEventSubscriber._follow


async def _caught_up_in_silence(self: subscriber.UserEventSubscriber) -> None:
    """Count as caught up once there was nothing to read for a while."""
    async with self._log.follow(USER_EVENTS.name) as stream:
        position, _ = await self._resume(stream)
        while True:
            entries = await stream.read(position, _SILENCE_S)
            if not entries:
                self._connection.works()
            for entry in entries:
                await self._take(entry)
                self._position = position = entry.position


def _plant() -> None:
    # Asked each time: in virtual time the modules of an application's factory stay loaded.
    planted = os.environ.get("DEFECT") == "caught-up-in-silence"
    subscriber.UserEventSubscriber._follow = _caught_up_in_silence if planted else _RIGHT  # type: ignore[method-assign]


def application() -> Any:
    """Return it as an application."""
    _plant()
    return right_application()


if __name__ == "__main__":
    _plant()
    sys.exit(
        run_service(
            SERVICE,
            lambda environment, tracer: create_app(MarketplaceSettings.read(environment), tracer),
        )
    )
