"""The web app's expectations of marketplace-service about jobs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from contracts.cases.marketplace_service import AGAIN, CURRENCY, JOB, READ_JOB
from contracts.cases.outcomes import outcome
from contracts.consumers.web_app import JobFeed, PostedJob, Refusal, WebApp
from seatrial.pacts import Case, MessageCase, Pair, Request, Response, given, match, text
from stubs.clients import JobPosting


@asynccontextmanager
async def _connect(base_url: str) -> AsyncIterator[WebApp]:
    async with WebApp(base_url) as app:
        yield app


PAIR = Pair("web-app", "marketplace-service", _connect)

USERS_AWAY = given("user-service is down")
_USERS = given("users exist", roles={"usr_company": "company", "usr_va": "va"})
_NEW_JOB: dict[str, Any] = {
    "companyId": "usr_company",
    "title": "Keep my calendar",
    "description": "Two hours a day, in the morning.",
    "budget": 120_000,
    "currency": "EUR",
}
_JOB = JobPosting(
    id="job_1",
    company_id="usr_company",
    title="Keep my calendar",
    budget=120_000,
    currency="EUR",
)

GET_JOB = Case(
    pair=PAIR,
    description="get a job",
    given=(JOB,),
    request=Request("GET", "/jobs/job_1"),
    response=Response(200, READ_JOB),
    call=lambda app: app.marketplace.get_job_posting("job_1"),
    expect=_JOB,
)
GET_NO_JOB = Case(
    pair=PAIR,
    description="get a job that there is not",
    request=Request("GET", "/jobs/job_0"),
    response=Response(404),
    call=lambda app: app.marketplace.get_job_posting("job_0"),
    expect=None,
)


def _jobs_query(limit: int) -> dict[str, str]:
    return {"company": "usr_company", "limit": str(limit)}


GET_JOBS = Case(
    pair=PAIR,
    description="get a company's jobs, the newest first",
    given=(given("a company has jobs", ids=["job_1", "job_2"]),),
    request=Request("GET", "/jobs", query=_jobs_query(100)),
    response=Response(200, [{**READ_JOB, "id": "job_2"}, READ_JOB]),
    call=lambda app: outcome(app.marketplace.get_jobs_by_company("usr_company")),
    expect=[_JOB.model_copy(update={"id": "job_2"}), _JOB],
)
GET_SOME_JOBS = replace(
    GET_JOBS,
    description="get the first of a company's jobs, and where the next are",
    request=Request("GET", "/jobs", query=_jobs_query(1)),
    response=Response(
        200,
        [{**READ_JOB, "id": "job_2"}],
        headers={
            "Link": match.regex(
                '</jobs?company=usr_company&limit=1&cursor=Mg>; rel="next"',
                regex=r'<[^>]*[?&]cursor=[A-Za-z0-9_-]+[^>]*>; rel="next"',
            )
        },
    ),
    call=lambda app: outcome(app.marketplace.get_jobs_by_company("usr_company", 1)),
    expect=[_JOB.model_copy(update={"id": "job_2"})],
)
GET_NO_JOBS = replace(
    GET_JOBS,
    description="get the jobs of a company that nobody is",
    given=(),
    response=Response(200, []),
    expect=[],
)

POST_JOB = Case(
    pair=PAIR,
    description="post a job",
    given=(_USERS,),
    request=Request("POST", "/jobs", body=_NEW_JOB),
    response=Response(
        201,
        {
            "id": match.str("job_1"),
            "title": "Keep my calendar",
            "budget": 120_000,
            "currency": CURRENCY,
            "status": text("open", "open|closed"),
            "proposalCount": match.int(0),
        },
    ),
    call=lambda app: app.post_job(_NEW_JOB),
    expect=PostedJob(
        id="job_1",
        title="Keep my calendar",
        budget=120_000,
        currency="EUR",
        status="open",
        proposal_count=0,
    ),
)
POST_JOB_FOR_NOBODY = replace(
    POST_JOB,
    description="post a job for a company that nobody is",
    given=(),
    response=Response(403),
    expect=Refusal(403),
)
POST_JOB_FOR_A_VA = replace(
    POST_JOB_FOR_NOBODY,
    description="post a job for somebody who is no company",
    given=(given("users exist", roles={"usr_company": "va"}),),
)
POST_JOB_FOR_NOTHING = replace(
    POST_JOB,
    description="post a job with no budget",
    request=Request("POST", "/jobs", body={**_NEW_JOB, "budget": 0}),
    response=Response(422),
    call=lambda app: app.post_job({**_NEW_JOB, "budget": 0}),
    expect=Refusal(422),
)
POST_JOB_UNCHECKED = replace(
    POST_JOB,
    description="post a job while companies can't be checked",
    given=(USERS_AWAY,),
    response=Response(503, headers=AGAIN),
    expect=Refusal(503, 1),
)


async def _receive(message: bytes) -> list[str]:
    feed = JobFeed()
    await feed.handle(message)
    await feed.handle(message)
    return feed.lines


JOB_POSTED = MessageCase(
    pair=PAIR,
    description="a job was posted",
    contents={
        "type": "JOB_POSTED",
        "jobId": match.str("job_1"),
        "data": {
            "title": match.str("Keep my calendar"),
            "budget": match.int(120_000),
            "currency": CURRENCY,
        },
    },
    metadata={"channel": "job.events"},
    receive=_receive,
    expect=["Keep my calendar: 120000 EUR"],
)

CASES = (
    GET_JOB,
    GET_NO_JOB,
    GET_JOBS,
    GET_SOME_JOBS,
    GET_NO_JOBS,
    POST_JOB,
    POST_JOB_FOR_NOBODY,
    POST_JOB_FOR_A_VA,
    POST_JOB_FOR_NOTHING,
    POST_JOB_UNCHECKED,
    JOB_POSTED,
)
