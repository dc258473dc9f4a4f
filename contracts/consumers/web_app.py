"""The web app: companies that post jobs, and people who propose to do them.

It reads jobs and proposes by the services' own client of marketplace-service; here is the rest.
"""

import json
from dataclasses import dataclass, field
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from stubs.clients import ResilientMarketplaceServiceClient, read_marketplace_client
from stubs.settings import Environment


class NotUnderstoodError(Exception):
    """An answer or a message that the app can't read."""


class _Read(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )


class PostedJob(_Read):
    """A job as its company sees it."""

    id: str
    title: str
    budget: int
    currency: str
    status: str
    proposal_count: int


class Accepted(_Read):
    """A proposal as its job's company sees it."""

    id: str
    status: str
    bid_amount: int
    payment_id: str | None = None


@dataclass(frozen=True)
class Refusal:
    """Why it wasn't done.

    Attributes:
        status: what was answered.
        again_in_s: when it may be asked again, seconds; None: not at all.
    """

    status: int
    again_in_s: int | None = None


_M = TypeVar("_M", bound=BaseModel)
_REFUSALS = frozenset({403, 404, 409, 422, 503})


class WebApp:
    """Asks marketplace-service; use it as a context manager.

    Args:
        base_url: of the service, or of a gateway before it.
    """

    def __init__(self, base_url: str) -> None:
        # One attempt: a person asks again.
        environment = {"MARKETPLACE_SERVICE_URL": base_url, "MARKETPLACE_CLIENT_ATTEMPTS": "1"}
        settings = read_marketplace_client(Environment(environment))
        self.marketplace = ResilientMarketplaceServiceClient(settings)
        self._http = httpx.AsyncClient(base_url=base_url, timeout=10.0, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        await self.marketplace.close()

    async def post_job(self, job: dict[str, object]) -> PostedJob | Refusal:
        """Post a job.

        Raises:
            NotUnderstoodError: the answer makes no sense.
        """
        return _read(PostedJob, await self._http.post("/jobs", json=job))

    async def proposal(self, proposal_id: str) -> Accepted | Refusal:
        """A proposal.

        Raises:
            NotUnderstoodError: the answer makes no sense.
        """
        return _read(Accepted, await self._http.get(f"/proposals/{proposal_id}"))

    async def accept(self, proposal_id: str) -> Accepted | Refusal:
        """Accept a proposal.

        Raises:
            NotUnderstoodError: the answer makes no sense.
        """
        return _read(Accepted, await self._http.post(f"/proposals/{proposal_id}/accept"))


def _read(model: type[_M], answer: httpx.Response) -> _M | Refusal:
    if answer.status_code in _REFUSALS:
        return Refusal(answer.status_code, _wait_s(answer))
    if not answer.is_success:
        raise NotUnderstoodError(f"status {answer.status_code}")
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        raise NotUnderstoodError(str(error)) from error


def _wait_s(answer: httpx.Response) -> int | None:
    wait = answer.headers.get("retry-after")
    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
        return None
    if wait is None or not wait.isdecimal():
        raise NotUnderstoodError(f"503 with Retry-After {wait!r}: nobody knows when to ask again")
    return int(wait)


class _Job(_Read):
    title: str
    budget: int
    currency: str


class _Event(_Read):
    type: str
    job_id: str
    data: _Job


@dataclass
class JobFeed:
    """The newest jobs, as `job.events` tells them."""

    lines: list[str] = field(default_factory=list)
    _seen: set[str] = field(default_factory=set)

    async def handle(self, message: bytes) -> None:
        """Take a message; a job that is shown already isn't shown again.

        Raises:
            NotUnderstoodError: it can't be read.
        """
        try:
            event = _Event.model_validate(json.loads(message))
        except ValueError as error:
            raise NotUnderstoodError(str(error)) from error
        if event.type != "JOB_POSTED" or event.job_id in self._seen:
            return
        self._seen.add(event.job_id)
        job = event.data
        self.lines.append(f"{job.title}: {job.budget} {job.currency}")
