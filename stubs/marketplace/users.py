"""The users as the marketplace sees them: a client, and the events that keep its cache fresh."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol

import httpx

from seatrial.resilience import CacheSnapshot, CircuitBreaker, Retry
from stubs.background import background_tasks
from stubs.clients import ClientSettings, ResilientUserServiceClient, Role, UserCacheRefresher
from stubs.clients.design import DesignLookup, DesignResilientUserServiceClient
from stubs.events import EventLog, UserEventSubscriber
from stubs.marketplace.jobs import UserCheck
from stubs.marketplace.service import UserLookup
from stubs.web import Shell
from stubs.web.circuits import write_changes
from stubs.web.metrics import Sample

_FIRST_EVENTS_S = 2.0


class EventsNotCaughtUpError(Exception):
    """Changes of users may have been missed, so that every user is asked for."""


class Users(Protocol):
    """A client with all that belongs to it."""

    lookup: UserLookup
    check: UserCheck
    circuits: list[tuple[CircuitBreaker, Retry]]

    async def check_events(self) -> Mapping[str, Any]:
        """Details of the events' reading.

        Raises:
            EventsNotCaughtUpError: changes may have been missed.
        """

    def running(self) -> AbstractAsyncContextManager[None]:
        """Run what requests need, for the time of the block."""


class ResilientUsers:
    """The real client; with an event log, each process reads all user events for its own cache.

    Args:
        settings: where the users are and how they are asked for.
        log: where their events are; without one the cache lives by its TTL alone.
            Whoever made it closes it.
        shell: its tracer, health and metrics.
        transport: what requests go through; httpx's own unless given.
    """

    def __init__(
        self,
        settings: ClientSettings,
        log: EventLog | None,
        shell: Shell,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.client = ResilientUserServiceClient(settings, transport=transport)
        self.lookup: UserLookup = self.client
        self.check: UserCheck = self
        self.circuits = [(self.client.breaker, self.client.retry)]
        self._subscriber: UserEventSubscriber | None = None
        if log is not None:
            self._subscriber = UserEventSubscriber(
                log, UserCacheRefresher(self.client), shell.tracer
            )
        self._check_client = self.client.check()
        shell.health.add_dependency("user-service", self._check_provider)
        shell.metrics.read(self._samples)
        write_changes(self.client.breaker, shell.tracer)

    async def has_role(self, user_id: str, role: Role) -> bool:
        """Return whether there is such a user, in this role.

        Raises:
            ServiceError: it can't be known now.
        """
        return await self.client.validate_user(user_id, role)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Read events in the background, and close the connections at the end."""
        try:
            async with background_tasks(*([self._subscriber.run()] if self._subscriber else [])):
                await self._wait_for_events()
                yield
        finally:
            await self.client.close()

    async def _wait_for_events(self) -> None:
        """Give the subscriber a moment to connect, so that the first answers can be remembered.

        Without Redis the service starts all the same, degraded.
        """
        until_s = time.monotonic() + _FIRST_EVENTS_S
        while self._subscriber and not self._subscriber.is_caught_up:
            if time.monotonic() >= until_s:
                return
            await asyncio.sleep(0.01)

    async def check_events(self) -> Mapping[str, Any]:
        """Details of the events' reading.

        Raises:
            EventsNotCaughtUpError: changes may have been missed.
        """
        subscriber = self._subscriber
        if subscriber is None:
            return {}
        if not subscriber.is_caught_up:
            raise EventsNotCaughtUpError(subscriber.failing or "catching up")
        return {"handledEvents": subscriber.handled}

    async def _check_provider(self) -> Mapping[str, Any]:
        details = await self._check_client() or {}
        return {**details, "circuit": str(self.client.breaker.state)}

    def _samples(self) -> Iterable[Sample]:
        yield from _cache_samples([self.client.users.snapshot(), self.client.profiles.snapshot()])
        if self._subscriber is not None:
            for name in ("handled", "repeated", "dead"):
                value = getattr(self._subscriber, name)
                yield Sample(f"user_events_{name}", f"Events that were {name}.", value, True)


class DesignUsers:
    """The design's client, for negative controls: no events, since it has no hooks for them.

    Args:
        settings: where the users are and how they are asked for.
        swallow: whether every error becomes null.
        transport: what requests go through; httpx's own unless given.
    """

    def __init__(
        self,
        settings: ClientSettings,
        *,
        swallow: bool,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = DesignResilientUserServiceClient(
            settings, swallow=swallow, transport=transport
        )
        self.lookup: UserLookup = DesignLookup(self._client)
        self.check: UserCheck = self
        self.circuits: list[tuple[CircuitBreaker, Retry]] = []

    async def has_role(self, user_id: str, role: Role) -> bool:
        """Return whether there is such a user, in this role, as far as this client can know.

        Raises:
            ServiceError: it can't be known now.
        """
        profile = (await self.lookup.look_up_profile(user_id)).value
        return profile is not None and profile.role == role

    async def check_events(self) -> Mapping[str, Any]:
        """Nothing: it reads none."""
        return {}

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Close the connections at the end."""
        try:
            yield
        finally:
            await self._client.close()


def _cache_samples(caches: list[CacheSnapshot]) -> Iterable[Sample]:
    counted = {
        "hits": "Lookups answered from memory.",
        "misses": "Lookups that memory couldn't answer.",
        "joined": "Misses that waited for a request of another.",
        "loads": "Misses that made a request.",
        "load_failures": "Requests that brought no answer.",
        "stale": "Lookups answered with an old value, for want of a new one.",
        "evictions": "Values pushed out by others.",
    }
    for name, text in counted.items():
        value = sum(getattr(cache, name) for cache in caches)
        yield Sample(f"user_cache_{name}", text, value, counter=True)
    entries = sum(cache.entries for cache in caches)
    yield Sample("user_cache_entries", "Values in memory.", entries)
    trusted = all(cache.trusted for cache in caches)
    yield Sample("user_cache_trusted", "1 while no event can have been missed.", trusted)
