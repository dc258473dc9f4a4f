"""The reference's consumer, as some scenarios need it for there to be something to mutate.

They are imported again with each mutant of a module that they import.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import httpx

from seatrial.resilience import CircuitBreaker, ResilientTransport, Retry, RetryPolicy, WindowPolicy
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
    """Make the consumer whose breaker opens by a rate of failed and slow calls alone."""
    settings = _settings()
    client = settings.user_client
    window = WindowPolicy(WINDOW_CALLS, RATE, MINIMUM_CALLS, SLOW_S)
    breaker = replace(client.breaker, failures=_NEVER_IN_A_ROW, window=window)
    return create_app(replace(settings, user_client=replace(client, breaker=breaker)))


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
