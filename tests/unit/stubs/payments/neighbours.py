"""All that payments-service asks, in this process and without a socket.

The acquirer is the real application over a database of its own; what may happen to a message on
its way to and from it is scripted here.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI

ACQUIRER = "acquirer"
USERS = "user-service"
JOBS = "marketplace-service"

Fault = Callable[[], Exception | None]


def refused() -> Exception:
    """Return the error of a connection that nobody takes."""
    return httpx.ConnectError("refused")


def lost() -> Exception:
    """Return the error of an answer that never comes."""
    return httpx.ReadError("reset")


@dataclass
class Neighbours(httpx.AsyncBaseTransport):
    """Carries requests to the neighbours.

    Attributes:
        acquirer: the application.
        users: the ids that user-service knows.
        jobs: the job postings that marketplace-service knows, by id.
        down: hosts where nobody answers.
        before: what happens to the next requests to the acquirer, instead of their delivery.
        after: what happens to the next answers of the acquirer; the request was delivered.
        is_late: whether requests to the acquirer are on their way until they are delivered by hand.
        late: those that are.
        asked: host, method and path of every request that was delivered.
        charging: set once a charge was asked for.
    """

    acquirer: FastAPI
    users: set[str] = field(default_factory=lambda: {"usr_c", "usr_v"})
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    before: list[Exception] = field(default_factory=list)
    after: list[Exception] = field(default_factory=list)
    is_late: bool = False
    late: list[httpx.Request] = field(default_factory=list)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    charging: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Deliver a request, or lose it."""
        host, path = request.url.host, request.url.path
        if host in self.down:
            raise refused()
        if host == ACQUIRER:
            return await self._ask_acquirer(request)
        self.asked.append((host, request.method, path))
        if host == USERS:
            return self._profile(path.split("/")[2])
        job = self.jobs.get(path.split("/")[2])
        return httpx.Response(404) if job is None else httpx.Response(200, json=job)

    async def _ask_acquirer(self, request: httpx.Request) -> httpx.Response:
        if self.before:
            raise self.before.pop(0)
        if self.is_late:
            self.late.append(request)
            raise httpx.ReadTimeout("late")
        self.asked.append((ACQUIRER, request.method, request.url.path))
        if request.method == "PUT":
            self.charging.set()
        answer = await self._deliver(request)
        if self.after:
            raise self.after.pop(0)
        return answer

    async def _deliver(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self.acquirer)
        try:
            return await transport.handle_async_request(request)
        except AssertionError:  # how the transport says that the answer has no end
            raise lost() from None

    async def deliver_late(self) -> None:
        """Let what was on its way all the time arrive; nobody waits for the answers."""
        while self.late:
            with contextlib.suppress(httpx.ReadError):
                await self._deliver(self.late.pop(0))

    def _profile(self, user_id: str) -> httpx.Response:
        if user_id not in self.users:
            return httpx.Response(404)
        return httpx.Response(200, json={"id": user_id, "role": "va", "name": f"Name {user_id}"})

    def charges_asked(self) -> int:
        """Return how many requests to charge reached the acquirer."""
        return sum(host == ACQUIRER and method == "PUT" for host, method, _ in self.asked)

    async def charged(self) -> list[dict[str, Any]]:
        """The charges that moved money, as the acquirer reports them."""
        request = httpx.Request("GET", "http://acquirer/charges")
        answer = await self._deliver(request)
        charges: list[dict[str, Any]] = json.loads(await answer.aread())["charges"]
        return charges
