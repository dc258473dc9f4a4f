"""The reference system's marketplace, whose use of changes is wrong."""

import os
import sys
from typing import Any

from stubs.clients import UserCacheRefresher
from stubs.events import EventType, UserEvent, subscriber
from stubs.events.channels import USER_EVENTS
from stubs.marketplace import SERVICE, MarketplaceSettings, create_app
from stubs.marketplace import application as right_application
from stubs.web import run_service

_SILENCE_S = 0.1
_RIGHT = subscriber.UserEventSubscriber._follow
_RIGHT_HANDLE = UserCacheRefresher.handle


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


async def _changed_is_gone(self: UserCacheRefresher, event: UserEvent) -> None:
    """Take every change for a removal."""
    self._client.drop_cached_user(event.user_id, event.version)


async def _forgets_all(self: UserCacheRefresher, event: UserEvent) -> None:
    """Forget everybody with each change of one."""
    await _RIGHT_HANDLE(self, event)
    if event.type is not EventType.USER_CREATED:
        self.forgotten()


def _plant() -> None:
    # Asked each time: in virtual time the modules of an application's factory stay loaded.
    planted = os.environ.get("DEFECT")
    follow = _caught_up_in_silence if planted == "caught-up-in-silence" else _RIGHT
    subscriber.UserEventSubscriber._follow = follow  # type: ignore[method-assign]
    handles = {"changed-is-gone": _changed_is_gone, "forgets-all-on-change": _forgets_all}
    UserCacheRefresher.handle = handles.get(planted or "", _RIGHT_HANDLE)  # type: ignore[method-assign]


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
