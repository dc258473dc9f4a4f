"""The design's HealthChecker."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from stubs.tracing import trace_headers
from stubs.tracing.tracer import now_iso

Details = Mapping[str, Any]
Check = Callable[[], Awaitable[Details | None]]
Status = Literal["healthy", "degraded", "unhealthy"]


class ServiceHealth(BaseModel):
    """One dependency's answer."""

    service: str
    status: Literal["healthy", "unhealthy"]
    details: dict[str, Any]


class HealthStatus(BaseModel):
    """A service's health on the wire.

    `unhealthy`: it can't work, its own database is down. `degraded`: it works without something.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    status: Status
    timestamp: str
    services: list[ServiceHealth]
    unhealthy_services: list[str]


@dataclass(frozen=True)
class Dependency:
    """Something that a service needs.

    Attributes:
        name: how it is called in the answer.
        check: returns details when all is well and raises when it isn't.
        critical: whether the service can't work without it.
        timeout_s: how long the check may take.
    """

    name: str
    check: Check
    critical: bool = False
    timeout_s: float = 5.0


class HealthChecker:
    """Asks all dependencies at once and sums up."""

    def __init__(self, timestamp: Callable[[], str] = now_iso) -> None:
        self._dependencies: list[Dependency] = []
        self._timestamp = timestamp

    def add_dependency(
        self, name: str, check: Check, *, critical: bool = False, timeout_s: float = 5.0
    ) -> None:
        """Ask this too from now on; see `Dependency`."""
        self._dependencies.append(Dependency(name, check, critical, timeout_s))

    async def check_health(self) -> HealthStatus:
        """The status now; never raises, and takes no longer than the longest timeout."""
        answers = await asyncio.gather(*(_ask(each) for each in self._dependencies))
        failed = [each.service for each in answers if each.status != "healthy"]
        critical = {each.name for each in self._dependencies if each.critical}
        status: Status = "healthy"
        if failed:
            status = "unhealthy" if critical.intersection(failed) else "degraded"
        return HealthStatus(
            status=status,
            timestamp=self._timestamp(),
            services=list(answers),
            unhealthy_services=failed,
        )


async def _ask(dependency: Dependency) -> ServiceHealth:
    try:
        async with asyncio.timeout(dependency.timeout_s):
            details = await dependency.check()
    except TimeoutError:
        reason = f"no answer within {dependency.timeout_s:g} s"
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the answer
        reason = f"{type(error).__name__}: {error}"
    else:
        return ServiceHealth(service=dependency.name, status="healthy", details=dict(details or {}))
    return ServiceHealth(
        service=dependency.name, status="unhealthy", details={"error": reason[:500]}
    )


def live_check(client: httpx.AsyncClient, base_url: str) -> Check:
    """A check that asks another service's `/health/live`, and so none of what that needs."""

    async def check() -> Details:
        answer = await client.get(f"{base_url}/health/live", headers=trace_headers())
        answer.raise_for_status()
        return {"url": base_url}

    return check
