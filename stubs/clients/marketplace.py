"""The clients of marketplace-service."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import httpx

from seatrial.resilience import AsyncCall, CircuitBreaker, Operation, Retry, WrappedCall, send
from stubs.clients.calls import (
    UNASKABLE_IDS,
    Policies,
    open_client,
    read_answer,
    segment,
)
from stubs.clients.job_models import JobPosting, JobPostings, Proposal, ProposalRequest
from stubs.clients.settings import ClientSettings, read_marketplace_client
from stubs.health import Check, live_check
from stubs.settings import Environment
from stubs.tracing import current_trace_id, trace_headers

SERVICE = "marketplace-service"
_P = ParamSpec("_P")
_T = TypeVar("_T")
_LARGEST_PAGE = 100
_GET_JOB, _GET_JOBS, _SUBMIT = (
    Operation(SERVICE, name, trace_id=current_trace_id)
    for name in ("get_job_posting", "get_jobs_by_company", "submit_proposal")
)


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
        self._get_job = self._guard(self._fetch_job, _GET_JOB)
        self._get_page = self._guard(self._fetch_page, _GET_JOBS)
        self._submit = self._guard(self._post_proposal, _SUBMIT)

    async def get_job_posting(self, job_id: str) -> JobPosting | None:
        """The job posting; None when there is none.

        Raises:
            ServiceError: it can't be known.
        """
        return None if job_id in UNASKABLE_IDS else await self._get_job(job_id)

    async def get_jobs_by_company(self, company_id: str, most: int = 100) -> list[JobPosting]:
        """A company's job postings, the newest first; of an unknown company there are none.

        Args:
            company_id: whose they are.
            most: how many at most; as many pages are asked for as that takes.

        Raises:
            ServiceError: they can't be known, or not all of them.
        """
        jobs: list[JobPosting] = []
        cursor: str | None = None
        while len(jobs) < most:
            limit = str(min(most - len(jobs), _LARGEST_PAGE))
            page, following = await self._get_page(company_id, limit, cursor)
            jobs += page
            if following is None or following == cursor:
                break
            cursor = following
        return jobs[:most]

    async def submit_proposal(self, request: ProposalRequest) -> Proposal | None:
        """Propose to do a job; None when there is no such job. It is never sent twice by itself.

        Raises:
            Rejected: with status 403, the user isn't known or no VA; with 409, the job is closed
                or the user has proposed for it before; with 422, a field isn't valid.
            ServiceError: it can't be known whether it was made; made again it is a 409.
        """
        return await self._submit(request)

    def check(self) -> Check:
        """A health check that asks whether marketplace-service lives."""
        return live_check(self._http, self.settings.base_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _guard(self, call: AsyncCall[_P, _T], operation: Operation) -> AsyncCall[_P, _T]:
        """Put policies between call and request: here none."""
        return call

    async def _fetch_job(self, job_id: str) -> JobPosting | None:
        path = f"/jobs/{segment(job_id)}"
        request = self._http.build_request("GET", path, headers=trace_headers())
        answer = await send(self._http, request, _GET_JOB, accept={404})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return read_answer(JobPosting, answer, _GET_JOB)

    async def _fetch_page(
        self, company_id: str, limit: str, cursor: str | None
    ) -> tuple[list[JobPosting], str | None]:
        query = {"company": company_id, "limit": limit}
        if cursor is not None:
            query["cursor"] = cursor
        request = self._http.build_request("GET", "/jobs", params=query, headers=trace_headers())
        answer = await send(self._http, request, _GET_JOBS)
        return read_answer(JobPostings, answer, _GET_JOBS).root, _cursor(answer)

    async def _post_proposal(self, request: ProposalRequest) -> Proposal | None:
        post = self._http.build_request(
            "POST",
            "/proposals",
            content=request.model_dump_json(by_alias=True),
            headers={**trace_headers(), "content-type": "application/json"},
        )
        answer = await send(self._http, post, _SUBMIT, accept={404})
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        return read_answer(Proposal, answer, _SUBMIT, repeatable=False)


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

    def _guard(self, call: AsyncCall[_P, _T], operation: Operation) -> WrappedCall[_P, _T]:
        return self._policies.around(call, operation)


def _cursor(answer: httpx.Response) -> str | None:
    """Where the next page begins; only the cursor is taken from the link, and no address."""
    link = answer.links.get("next", {}).get("url")
    return None if link is None else httpx.URL(link).params.get("cursor")
