"""The reference's consumer, as some scenarios need it for there to be something to mutate.

They are imported again with each mutant of a module that they import.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import httpx

from seatrial.resilience import (
    Cache,
    CircuitBreaker,
    CircuitOpen,
    Classification,
    Lookup,
    Permit,
    ResilientTransport,
    Retry,
    RetryPolicy,
    WindowPolicy,
    classify,
)
from stubs.clients.models import UserProfile
from stubs.marketplace import MarketplaceSettings, create_app
from stubs.settings import Environment
from tests.mutation.variants import MINIMUM_CALLS, RATE, SLOW_S, WINDOW_CALLS

_NEVER_IN_A_ROW = 1_000_000
_A_MINUTE_S = 60.0

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_App = Callable[[_Message, _Receive, _Send], Awaitable[None]]


def hearing() -> _App:
    """Make the consumer that gives a call up as soon as its caller goes away."""
    return _hearing(create_app(_settings()))


def rated() -> _App:
    """Make the consumer whose breaker opens by a rate of failed calls alone."""
    return _rated(slow_s=None)


def impatient() -> _App:
    """Make the one whose breaker opens by a rate of failed or slow calls; who retries is slow."""
    return _rated(slow_s=SLOW_S)


def _rated(*, slow_s: float | None) -> _App:
    settings = _settings()
    client = settings.user_client
    window = WindowPolicy(WINDOW_CALLS, RATE, MINIMUM_CALLS, slow_s)
    breaker = replace(client.breaker, failures=_NEVER_IN_A_ROW, window=window)
    return _hearing(create_app(replace(settings, user_client=replace(client, breaker=breaker))))


def in_transport() -> _App:
    """Make the consumer whose policies are in its transport, and whose attempts have no timer."""
    settings = _settings()
    client = settings.user_client
    transport = ResilientTransport(
        httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=100), trust_env=False),
        CircuitBreaker(client.breaker),
        Retry(replace(client.retry, attempt_timeout_s=None)),
    )
    without = replace(
        client,
        retry=RetryPolicy(
            attempts=1, attempt_timeout_s=_A_MINUTE_S, deadline_s=_A_MINUTE_S, budget=None
        ),
        breaker=replace(client.breaker, failures=_NEVER_IN_A_ROW, lease_s=2 * _A_MINUTE_S),
    )
    return create_app(replace(settings, user_client=without), transport=transport)


def by_hand() -> _App:
    """Make the consumer that takes permits from its breaker, and whose cache wraps functions.

    For half of the ids it is a function of one argument, for the others one of two.
    """
    app = create_app(_settings())
    client = app.state.marketplace.users.client
    fetch, operation = client._fetch(UserProfile, "/users/{}/profile", "get_basic_profile")
    retried, breaker = client.retry.wrap(fetch, operation), client.breaker
    is_asked: ContextVar[bool] = ContextVar("is_asked", default=False)

    async def load(permit: Permit, user_id: str) -> UserProfile | None:
        is_asked.set(True)
        try:
            found: UserProfile | None = await retried(user_id)
        except BaseException as error:
            said = classify(error)
            if said is Classification.FAILURE:
                permit.failure()
            elif said is Classification.SUCCESS:
                permit.success()
            else:
                permit.cancel()
            raise
        permit.success()
        return found

    async def profile(user_id: str) -> UserProfile | None:
        return await load(breaker.acquire(operation), user_id)

    async def part(user_id: str, name: str = "profile") -> UserProfile | None:
        permit = breaker.try_acquire()
        if permit is None:
            raise CircuitOpen(retry_after_s=breaker.snapshot().retry_after_s)
        return await load(permit, user_id)

    whole = client.profiles.wrap(profile)
    parts = Cache[Any, UserProfile](client.profiles.policy).wrap(part)

    async def look_up(user_id: str) -> Lookup[UserProfile]:
        is_asked.set(False)
        if user_id[-1] in "02468ace":
            value = await whole(user_id=user_id)
        else:
            value = await parts(user_id, name="profile")
        return Lookup(value, "origin" if is_asked.get() else "cache")

    client.look_up_profile = look_up
    return _hearing(app)


def removed_as_known() -> _App:
    """Make the consumer that hears of removals with the version that was removed, and no later."""
    app = create_app(_settings())
    client = app.state.marketplace.users.client
    drop = client.drop_cached_user
    client.drop_cached_user = lambda user_id, version: drop(user_id, version - 1)
    return app


def _settings() -> MarketplaceSettings:
    return MarketplaceSettings.read(Environment())


def _hearing(app: _App) -> _App:
    """Return an application that cancels its handler when whoever asked goes away."""

    async def hears(scope: _Message, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        come: asyncio.Queue[_Message] = asyncio.Queue()
        work = asyncio.ensure_future(app(scope, come.get, send))

        async def listen() -> None:
            while True:
                message = await receive()
                come.put_nowait(message)
                if message["type"] == "http.disconnect":
                    work.cancel()
                    return

        listening = asyncio.ensure_future(listen())
        try:
            with suppress(asyncio.CancelledError):
                await work
        finally:
            listening.cancel()

    return hears
