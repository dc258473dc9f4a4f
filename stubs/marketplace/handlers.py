"""The routes of marketplace-service."""

import math
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Path
from starlette.requests import Request
from starlette.responses import Response

from seatrial.resilience import ServiceError
from stubs.marketplace.jobs import JobNotFoundError, JobService, NotAllowedError
from stubs.marketplace.proposals import (
    JobClosedError,
    NotAcceptableError,
    ProposalNotFoundError,
    ProposalService,
)
from stubs.marketplace.schemas import Card, CreateJob, CreateProposal, JobPosting, Proposal
from stubs.marketplace.service import CardService
from stubs.marketplace.store import ProposedTwiceError
from stubs.web import Problem, json_body, paging, problem_responses
from stubs.web.addresses import public_path
from stubs.web.direct import DirectRoute
from stubs.web.documents import BODY_STATUSES, json_request
from stubs.web.problems import FieldError

EntityId = Annotated[str, Path(description="Opaque; one that can't be an id is simply not found.")]
_COMPANY: dict[str, Any] = {
    "name": "company",
    "in": "query",
    "required": True,
    "description": "The company's id.",
    "schema": {"type": "string", "minLength": 1},
}
_LINK: dict[str, Any] = {
    "Link": {"description": 'The next page, as `<…>; rel="next"`.', "schema": {"type": "string"}}
}


def add_routes(
    app: FastAPI, cards: CardService, jobs: JobService, proposals: ProposalService
) -> None:
    """Serve cards, jobs and proposals, and answer their errors."""
    _answer_errors(app)
    _add_cards(app, cards)
    _add_jobs(app, jobs)
    _add_proposals(app, proposals)


def _add_cards(app: FastAPI, cards: CardService) -> None:
    async def get_card(user_id: EntityId) -> Response:
        """A user's card."""
        card = await cards.card(user_id)
        if card is None:
            raise Problem(404, "There is no user with this id.")
        return Response(card, media_type="application/json")

    app.router.add_api_route(
        "/users/{user_id}/card",
        get_card,
        methods=["GET"],
        tags=["users"],
        response_model=Card,
        responses=problem_responses(404, 503),
        route_class_override=DirectRoute,  # what load is aimed at
    )


def _add_jobs(app: FastAPI, jobs: JobService) -> None:
    @app.post(
        "/jobs",
        tags=["jobs"],
        status_code=201,
        response_model=JobPosting,
        responses=problem_responses(*BODY_STATUSES, 403, 503),
        openapi_extra=json_request(CreateJob),
    )
    async def post_job(
        request: Request, body: Annotated[CreateJob, Depends(json_body(CreateJob))]
    ) -> Response:
        """Post a job for a company."""
        job = await jobs.post(body)
        return _answer(job, 201, {"location": public_path(request, f"/jobs/{job.id}")})

    @app.get(
        "/jobs",
        tags=["jobs"],
        response_model=list[JobPosting],
        responses={200: {"headers": _LINK}, **problem_responses(422)},
        openapi_extra={"parameters": [_COMPANY, *paging.PARAMETERS]},
    )
    async def get_jobs(request: Request) -> Response:
        """A company's jobs, the newest first."""
        company_id = _company(request)
        page = paging.read_page(request.query_params)
        found, following = await jobs.of_company(company_id, page.limit, page.before)
        again: dict[str, str | int] = {"company": company_id, "limit": page.limit}
        link = paging.next_link(public_path(request, "/jobs"), again, following)
        body = b"[" + b",".join(job.wire() for job in found) + b"]"
        return Response(body, headers=link, media_type="application/json")

    @app.get(
        "/jobs/{job_id}",
        tags=["jobs"],
        response_model=JobPosting,
        responses=problem_responses(404),
    )
    async def get_job(job_id: EntityId) -> Response:
        """A job posting."""
        return _answer(await jobs.get(job_id))


def _add_proposals(app: FastAPI, proposals: ProposalService) -> None:
    @app.post(
        "/proposals",
        tags=["proposals"],
        status_code=201,
        response_model=Proposal,
        responses=problem_responses(*BODY_STATUSES, 403, 404, 409, 503),
        openapi_extra=json_request(CreateProposal),
    )
    async def post_proposal(
        request: Request, body: Annotated[CreateProposal, Depends(json_body(CreateProposal))]
    ) -> Response:
        """Propose to do a job."""
        proposal = await proposals.submit(body)
        location = public_path(request, f"/proposals/{proposal.id}")
        return _answer(proposal, 201, {"location": location})

    @app.get(
        "/proposals/{proposal_id}",
        tags=["proposals"],
        response_model=Proposal,
        responses=problem_responses(404),
    )
    async def get_proposal(proposal_id: EntityId) -> Response:
        """A proposal."""
        return _answer(await proposals.get(proposal_id))

    @app.post(
        "/proposals/{proposal_id}/accept",
        tags=["proposals"],
        response_model=Proposal,
        responses=problem_responses(404, 409, 413, 503),
    )
    async def accept_proposal(proposal_id: EntityId) -> Response:
        """Accept a proposal and agree on its payment; doing it again changes nothing."""
        return _answer(await proposals.accept(proposal_id))


def _company(request: Request) -> str:
    company_id = request.query_params.get("company")
    if not company_id:
        message = "It should be a company's id."
        errors = [FieldError(field="company", message=message)]
        raise Problem(422, "These fields are not valid: company.", errors=errors)
    return company_id


def _answer(
    thing: JobPosting | Proposal, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return Response(thing.wire(), status, headers, media_type="application/json")


_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    JobNotFoundError: (404, "There is no job with this id."),
    ProposalNotFoundError: (404, "There is no proposal with this id."),
    JobClosedError: (409, "The job is closed."),
    ProposedTwiceError: (409, "The user has proposed for this job before."),
    NotAllowedError: (403, ""),
    NotAcceptableError: (409, ""),
}
"""The answer to each refusal; without a text, its own."""


def _answer_errors(app: FastAPI) -> None:
    async def refused(_request: Request, error: Exception) -> Response:
        status, text = _REFUSALS[type(error)]
        return Problem(status, text or str(error)).response()

    async def unknown(_request: Request, error: Exception) -> Response:
        assert isinstance(error, ServiceError)
        wait_s = max(1, math.ceil(error.retry_after_s or 0))
        return Problem(
            503, f"It can't be known now: {error.reason}.", headers={"retry-after": str(wait_s)}
        ).response()

    for kind in _REFUSALS:
        app.add_exception_handler(kind, refused)
    app.add_exception_handler(ServiceError, unknown)
