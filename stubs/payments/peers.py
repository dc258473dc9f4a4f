"""The services that payments-service asks: their clients, health and metrics."""

from collections.abc import Mapping
from typing import Any

import httpx

from seatrial.resilience import CircuitBreaker
from stubs.clients import ResilientMarketplaceServiceClient, ResilientUserServiceClient
from stubs.health import Check
from stubs.payments.settings import PaymentsSettings
from stubs.web import Shell
from stubs.web.circuits import circuit_samples, write_changes


class Peers:
    """user-service and marketplace-service.

    Args:
        settings: where they are and how they are asked.
        shell: their tracer, health and metrics.
        transport: what requests to them go through; httpx's own unless given.
    """

    def __init__(
        self,
        settings: PaymentsSettings,
        shell: Shell,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.users = ResilientUserServiceClient(settings.user_client, transport=transport)
        self.jobs = ResilientMarketplaceServiceClient(
            settings.marketplace_client, transport=transport
        )
        for name, check, breaker in (
            ("user-service", self.users.check(), self.users.breaker),
            ("marketplace-service", self.jobs.check(), self.jobs.breaker),
        ):
            shell.health.add_dependency(name, _with_circuit(check, breaker))
            write_changes(breaker, shell.tracer)
        circuits = [(each.breaker, each.retry) for each in (self.users, self.jobs)]
        shell.metrics.read(lambda: circuit_samples(circuits))

    async def close(self) -> None:
        """Close the connections."""
        await self.users.close()
        await self.jobs.close()


def _with_circuit(check: Check, breaker: CircuitBreaker) -> Check:
    async def checked() -> Mapping[str, Any]:
        details = await check() or {}
        return {**details, "circuit": str(breaker.state)}

    return checked
