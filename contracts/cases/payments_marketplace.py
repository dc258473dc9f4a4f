"""Expectations of payments-service of marketplace-service: what a payment was for."""

from contracts.cases.marketplace_service import JOB, READ_JOB, connect
from seatrial.pacts import Case, Pair, Request, Response
from stubs.clients import JobPosting

PAIR = Pair("payments-service", "marketplace-service", connect)

GET_JOB = Case(
    pair=PAIR,
    description="get the job for a receipt",
    given=(JOB,),
    request=Request("GET", "/jobs/job_1"),
    response=Response(200, READ_JOB),
    call=lambda client: client.get_job_posting("job_1"),
    expect=JobPosting(
        id="job_1",
        company_id="usr_company",
        title="Keep my calendar",
        budget=120_000,
        currency="EUR",
    ),
)
GET_NO_JOB = Case(
    pair=PAIR,
    description="get a job for a receipt that there is not",
    request=Request("GET", "/jobs/job_0"),
    response=Response(404),
    call=lambda client: client.get_job_posting("job_0"),
    expect=None,
)

CASES = (GET_JOB, GET_NO_JOB)
