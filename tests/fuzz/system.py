"""All three services and the acquirer in this process, each over a database of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from stubs.acquirer.app import AcquirerSettings
from stubs.acquirer.app import create_app as acquirer
from stubs.marketplace.app import create_app as marketplace
from stubs.marketplace.settings import MarketplaceSettings
from stubs.payments.app import create_app as payments
from stubs.payments.settings import PaymentsSettings
from stubs.settings import Environment
from stubs.tracing import Tracer
from stubs.user.app import UserSettings
from stubs.user.app import create_app as user
from tests.fuzz import checks
from tests.fuzz.seeds import ledger_sums, seed

SERVICES = ("user-service", "marketplace-service", "payments-service")


class System(httpx.AsyncBaseTransport):
    """The services; they ask each other through it. `app(name)` is one to be fuzzed."""

    def __init__(self, folder: Path) -> None:
        def environment(name: str) -> Environment:
            return Environment({"DATABASE_URL": f"sqlite:///{folder}/{name}.sqlite"})

        self.sums: dict[str, int] | None = None
        """The ledger's sum in each currency, once all has stopped."""
        tracer = Tracer("fuzz", lambda _line: None)
        self.apps: dict[str, FastAPI] = {
            "user-service": user(UserSettings.read(environment("user")), tracer),
            "marketplace-service": marketplace(
                MarketplaceSettings.read(environment("marketplace")), tracer, transport=self
            ),
            "payments-service": payments(
                PaymentsSettings.read(environment("payments")), tracer, transport=self
            ),
            "acquirer": acquirer(AcquirerSettings.read(environment("acquirer")), tracer),
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Deliver a service's request to another."""
        transport = httpx.ASGITransport(self.apps[request.url.host])
        return await transport.handle_async_request(request)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All of them, with somebody there to be talked about."""
        async with AsyncExitStack() as stack:
            for app in self.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            clients = {
                name: await stack.enter_async_context(_client(self.apps[name])) for name in SERVICES
            }
            checks.SEEDED.update(await seed(clients))
            yield
            checks.SEEDED.clear()
            self.sums = await ledger_sums(clients["payments-service"])

    def app(self, name: str) -> "Fuzzed":
        """One service, whose lifespan is that of all of them."""
        return Fuzzed(self, name)


class Fuzzed:
    """An ASGI application that is one of the system's, and runs all of it while it is up."""

    def __init__(self, system: System, name: str) -> None:
        self._system = system
        self._name = name

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve."""
        if scope["type"] != "lifespan":
            await self._system.apps[self._name](scope, receive, send)
            return
        await receive()
        async with self._system.running():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")
