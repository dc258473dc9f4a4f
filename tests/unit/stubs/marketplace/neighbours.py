"""All that marketplace-service asks, in this process and without a socket.

user-service is the real application; payments-service is as much of it as the marketplace sees.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

USERS, PAYMENTS = "user-service", "payments-service"


@dataclass
class Neighbours(httpx.AsyncBaseTransport):
    """Carries requests to the neighbours.

    Attributes:
        users: user-service.
        down: hosts where nobody answers.
        intents: the intents that were made, by the key that they were asked for with.
        lose_answers: how many of the next answers of payments-service are lost on their way.
        refuse: what payments-service answers instead, when set.
        hold: payments-service answers once this is set.
        asked: host, method and path of each request that was delivered.
        on_intent: called when an intent was made.
    """

    users: FastAPI
    down: set[str] = field(default_factory=set)
    intents: dict[str, dict[str, Any]] = field(default_factory=dict)
    lose_answers: int = 0
    refuse: list[httpx.Response] = field(default_factory=list)
    hold: asyncio.Event | None = None
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    on_intent: Callable[[], Any] | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Deliver a request, or say that nobody is there."""
        host = request.url.host
        if host in self.down:
            raise httpx.ConnectError("refused")
        self.asked.append((host, request.method, request.url.path))
        if host == USERS:
            return await httpx.ASGITransport(self.users).handle_async_request(request)
        return await self._pay(request)

    async def _pay(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/health/live":
            return httpx.Response(200)
        assert (request.method, request.url.path) == ("POST", "/payments/intent")
        if self.refuse:
            return self.refuse.pop(0)
        key = request.headers["idempotency-key"]
        body = json.loads(request.content)
        known = self.intents.get(key)
        if known is not None and {name: known[name] for name in body} != body:
            return httpx.Response(422)
        if known is None:
            number = len(self.intents) + 1
            known = {**body, "id": f"pay_{number}", "status": "pending", "refundedAmount": 0}
            self.intents[key] = known
            if self.on_intent is not None:
                await self.on_intent()
        if self.hold is not None:
            await self.hold.wait()
        if self.lose_answers:
            self.lose_answers -= 1
            raise httpx.ReadError("reset")
        return httpx.Response(201, json=known)
