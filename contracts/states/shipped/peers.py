"""The peers that a provider asks while it is held to its consumers: answered in this process.

The acquirer is the real one. Of the other services there is what the states say, and no more than
this provider's own contracts with them; whom no state named is asked for at their real address, if
the environment has one.
"""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx
from fastapi import FastAPI

from stubs.settings import Environment


@dataclass
class Peers(httpx.AsyncBaseTransport):
    """Carries a provider's own requests.

    Attributes:
        addresses: host and port → the service that is there, by name.
        apps: the applications that run here, by name.
        users: the users that user-service knows: id → role.
        jobs: the job postings that marketplace-service knows, by id.
        pays: whether payments-service makes intents here, and nowhere else.
        away: the services where nobody takes a connection.
        silent: the services that take a request and answer only once they are forgotten.
    """

    addresses: dict[str, str]
    apps: dict[str, FastAPI] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    pays: bool = False
    away: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    _forgotten: asyncio.Event = field(default_factory=asyncio.Event)
    _network: httpx.AsyncHTTPTransport = field(default_factory=httpx.AsyncHTTPTransport)

    def forget(self) -> None:
        """Nobody is known, away or silent."""
        for known in (self.users, self.jobs, self.away, self.silent):
            known.clear()
        self.pays = False
        self._forgotten.set()
        self._forgotten = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Deliver a request."""
        name = self.addresses.get(request.url.netloc.decode(), request.url.host)
        if name in self.away:
            raise httpx.ConnectError(f"{name} is down", request=request)
        if name in self.silent:
            await self._forgotten.wait()
            raise httpx.ReadError(f"{name} closed the connection", request=request)
        if name in self.apps:
            return await httpx.ASGITransport(self.apps[name]).handle_async_request(request)
        if name == "payments-service" and self.pays and request.method == "POST":
            intent = {"id": "pay_1", "status": "pending", **json.loads(request.content)}
            return httpx.Response(201, json=intent)
        known = self._known(name, request.url.path)
        if known is not None:
            return httpx.Response(200, json=known)
        if name == request.url.host:  # it has no address but its name
            return httpx.Response(404)
        return await self._network.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._network.aclose()

    def _known(self, name: str, path: str) -> dict[str, Any] | None:
        """Return what the states say of the entity that is asked for."""
        parts = path.strip("/").split("/")
        if len(parts) < 2:
            return None
        if name == "marketplace-service":
            return self.jobs.get(parts[1])
        if name != "user-service" or parts[1] not in self.users:
            return None
        user = {"id": parts[1], "role": self.users[parts[1]], "version": 1}
        return user if parts[-1] == "profile" else {**user, "email": f"{parts[1]}@example.com"}


def read_peers(environment: Environment, names: Iterable[str]) -> tuple[Peers, dict[str, str]]:
    """Peers for a provider, and the environment that tells it where they are.

    Args:
        environment: may have their real addresses.
        names: the services that it asks.
    """
    variables = {name: name.upper().replace("-", "_") + "_URL" for name in names}
    urls = {name: environment.url(each, f"http://{name}") for name, each in variables.items()}
    addresses = {urlsplit(url).netloc: name for name, url in urls.items()}
    return Peers(addresses), {variables[name]: url for name, url in urls.items()}
