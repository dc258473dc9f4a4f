"""The clients of marketplace-service."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from seatrial.resilience import CircuitBreaker, Operation, Retry, send
from stubs.clients.calls import (
    UNASKABLE_IDS,
    Policies,
    open_client,
    read_answer,
    segment,
    trace_header,
)
from stubs.clients.job_models import JobPosting
from stubs.clients.settings import ClientSettings, read_marketplace_client
from stubs.health import Check, live_check
from stubs.settings import Environment
from stubs.tracing import current_trace_id

_RESULT = TypeVar("_RESULT")
_Call = Callable[[str], Awaitable[_RESULT]]

SERVICE = "marketplace-service"


class MarketplaceServiceClient:
    """Asks marketplace-service.

    `None` is always its 404 and nothing else; what else goes wrong is a
    `seatrial.resilience.ServiceError`. Close it in the end.

    Args:
        settings: where the service is and how it is asked; read from the environment unless given.
        transport: what requests go through; httpx's own unless given.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings or read_marketplace_client(Environment())
        self._http = open_client(self.settings, transport)
        self._get_job = self._guard(
            self._fetch_job, Operation(SERVICE, "get_job_posting", trace_id=current_trace_id)
        )

    async def get_job_posting(self, job_id: str) -> JobPosting | None:
        """The job posting; None when there is none.

        Raises:
            ServiceError: it can't be known.
        """
        return None if job_id in UNASKABLE_IDS else await self._get_job(job_id)

    def check(self) -> Check:
        """A health check that asks whether marketplace-service lives."""
        return live_check(self._http, self.settings.base_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _guard(self, call: _Call[_RESULT], operation: Operation) -> _Call[_RESULT]:
        """What stands between call and request: here nothing."""
        return call

    async def _fetch_job(self, job_id: str) -> JobPosting | None:
        operation = Operation(SERVICE, "get_job_posting", trace_id=current_trace_id)
        path = f"/jobs/{segment(job_id)}"
        request = self._http.build_request("GET", path, headers=trace_header())
        answer = await send(self._http, request, operation, accept={404})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return read_answer(JobPosting, answer, operation)


class ResilientMarketplaceServiceClient(MarketplaceServiceClient):
    """The same, with a breaker around a retry around each request, or inside it.

    Args:
        settings: as for `MarketplaceServiceClient`.
        transport: as for `MarketplaceServiceClient`.
        clock: monotonic seconds, of breaker and retry.
        breaker: one of one's own; made from the settings unless given.
        retry: one of one's own; made from the settings unless given.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        breaker: CircuitBreaker | None = None,
        retry: Retry | None = None,
    ) -> None:
        settings = settings or read_marketplace_client(Environment())
        self._policies = Policies(SERVICE, settings, clock=clock, breaker=breaker, retry=retry)
        self.breaker, self.retry = self._policies.breaker, self._policies.retry
        super().__init__(settings, transport=transport)

    def _guard(self, call: _Call[_RESULT], operation: Operation) -> _Call[_RESULT]:
        return self._policies.around(call, operation)
