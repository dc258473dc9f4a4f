"""The services that payments-service asks: their clients, and what is told of them."""

from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from seatrial.resilience import CircuitBreaker
from stubs.clients import ResilientMarketplaceServiceClient, ResilientUserServiceClient
from stubs.health import Check
from stubs.payments.settings import PaymentsSettings
from stubs.web import Shell
from stubs.web.metrics import Sample

_STATES = {"closed": 0, "half_open": 1, "open": 2, "isolated": 3}
_STATE = f"The breaker's state: {', '.join(f'{n} {name}' for name, n in _STATES.items())}."


class Peers:
    """user-service and marketplace-service.

    Args:
        settings: where they are and how they are asked.
        shell: what is told of them.
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
        self._breakers = (self.users.breaker, self.jobs.breaker)
        for name, check, breaker in (
            ("user-service", self.users.check(), self.users.breaker),
            ("marketplace-service", self.jobs.check(), self.jobs.breaker),
        ):
            shell.health.add_dependency(name, _with_circuit(check, breaker))
        shell.metrics.read(self._samples)

    async def close(self) -> None:
        """Close the connections."""
        await self.users.close()
        await self.jobs.close()

    def _samples(self) -> Iterable[Sample]:
        for breaker in self._breakers:
            seen = breaker.snapshot()
            labels = (("circuit", seen.name),)
            yield Sample("circuit_state", _STATE, _STATES[seen.state], labels=labels)
            for name, value in (("opened", seen.opened), ("refused", seen.refused)):
                yield Sample(f"circuit_{name}", f"How often it {name}.", value, True, labels)


def _with_circuit(check: Check, breaker: CircuitBreaker) -> Check:
    async def checked() -> Mapping[str, Any]:
        details = await check() or {}
        return {**details, "circuit": str(breaker.state)}

    return checked
