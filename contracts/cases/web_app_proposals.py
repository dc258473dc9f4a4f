"""The web app's expectations of marketplace-service about proposals."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from contracts.cases.marketplace_service import AGAIN, JOB
from contracts.cases.outcomes import Raised, outcome
from contracts.cases.web_app_marketplace import PAIR, USERS_AWAY
from contracts.consumers.web_app import Accepted, Refusal, WebApp
from seatrial.pacts import Case, Request, Response, given, match, text
from stubs.clients import Proposal, ProposalRequest

_STATUS = "pending|accepted|rejected|withdrawn"
_VA = given("users exist", roles={"usr_va": "va"})
_REQUEST = ProposalRequest(
    job_posting_id="job_1",
    user_id="usr_va",
    cover_letter="I kept three calendars before.",
    bid_amount=110_000,
    bid_type="fixed",
    delivery_time="from Monday on",
)


def _propose(request: ProposalRequest = _REQUEST) -> Request:
    return Request("POST", "/proposals", body=request.model_dump(by_alias=True))


def _submit(request: ProposalRequest = _REQUEST) -> Callable[[WebApp], Awaitable[object]]:
    return lambda app: outcome(app.marketplace.submit_proposal(request))


PROPOSE = Case(
    pair=PAIR,
    description="propose to do a job",
    given=(JOB, _VA),
    request=_propose(),
    response=Response(
        201,
        {
            "id": match.str("prp_1"),
            "jobPostingId": "job_1",
            "userId": "usr_va",
            "bidAmount": 110_000,
            "status": text("pending", _STATUS),
        },
    ),
    call=_submit(),
    expect=Proposal(
        id="prp_1", job_posting_id="job_1", user_id="usr_va", bid_amount=110_000, status="pending"
    ),
)
PROPOSE_FOR_NO_JOB = replace(
    PROPOSE,
    description="propose to do a job that there is not",
    given=(_VA,),
    response=Response(404),
    expect=None,
)
PROPOSE_FOR_A_CLOSED_JOB = replace(
    PROPOSE,
    description="propose to do a job that is closed",
    given=(given("a job is closed", id="job_1"), _VA),
    response=Response(409),
    expect=Raised("Rejected", 409),
)
PROPOSE_TWICE = replace(
    PROPOSE_FOR_A_CLOSED_JOB,
    description="propose to do a job for the second time",
    given=(given("a proposal is pending", id="prp_1"), _VA),
)
PROPOSE_AS_NOBODY = replace(
    PROPOSE,
    description="propose to do a job as somebody whom nobody knows",
    given=(JOB,),
    response=Response(403),
    expect=Raised("Rejected", 403),
)
PROPOSE_FOR_NOTHING = replace(
    PROPOSE,
    description="propose to do a job for no money",
    request=_propose(_REQUEST.model_copy(update={"bid_amount": 0})),
    response=Response(422),
    call=_submit(_REQUEST.model_copy(update={"bid_amount": 0})),
    expect=Raised("Rejected", 422),
)
PROPOSE_UNCHECKED = replace(
    PROPOSE,
    description="propose to do a job while users can't be checked",
    given=(JOB, USERS_AWAY),
    response=Response(503, headers=AGAIN),
    expect=Raised("Overloaded", 503, 1.0),
)

_PENDING = given("a proposal is pending", id="prp_1")
_READ = {
    "id": "prp_1",
    "status": text("pending", _STATUS),
    "bidAmount": match.int(110_000),
}
GET_PROPOSAL = Case(
    pair=PAIR,
    description="get a proposal",
    given=(_PENDING,),
    request=Request("GET", "/proposals/prp_1"),
    response=Response(200, _READ),
    call=lambda app: app.proposal("prp_1"),
    expect=Accepted(id="prp_1", status="pending", bid_amount=110_000),
)
GET_NO_PROPOSAL = replace(
    GET_PROPOSAL,
    description="get a proposal that there is not",
    given=(),
    response=Response(404),
    expect=Refusal(404),
)
ACCEPT = Case(
    pair=PAIR,
    description="accept a proposal",
    given=(_PENDING, given("payments-service agrees")),
    request=Request("POST", "/proposals/prp_1/accept"),
    response=Response(200, {**_READ, "status": "accepted", "paymentId": match.str("pay_1")}),
    call=lambda app: app.accept("prp_1"),
    expect=Accepted(id="prp_1", status="accepted", bid_amount=110_000, payment_id="pay_1"),
)
ACCEPT_AGAIN = replace(
    ACCEPT,
    description="accept a proposal again",
    given=(given("a proposal was accepted", id="prp_1"),),
)
ACCEPT_NOTHING = replace(
    ACCEPT,
    description="accept a proposal that there is not",
    given=(),
    response=Response(404),
    expect=Refusal(404),
)
ACCEPT_WITHDRAWN = replace(
    ACCEPT,
    description="accept a proposal that was withdrawn",
    given=(given("a proposal was withdrawn", id="prp_1"),),
    response=Response(409),
    expect=Refusal(409),
)
ACCEPT_FOR_NOBODY = replace(
    ACCEPT_WITHDRAWN,
    description="accept a proposal for a company that is gone",
    given=(given("a proposal's company is gone", id="prp_1"),),
)
ACCEPT_UNPAID = replace(
    ACCEPT,
    description="accept a proposal while no payment can be agreed on",
    given=(_PENDING, given("payments-service is down")),
    response=Response(503, headers=AGAIN),
    expect=Refusal(503, 1),
)

CASES = (
    PROPOSE,
    PROPOSE_FOR_NO_JOB,
    PROPOSE_FOR_A_CLOSED_JOB,
    PROPOSE_TWICE,
    PROPOSE_AS_NOBODY,
    PROPOSE_FOR_NOTHING,
    PROPOSE_UNCHECKED,
    GET_PROPOSAL,
    GET_NO_PROPOSAL,
    ACCEPT,
    ACCEPT_AGAIN,
    ACCEPT_NOTHING,
    ACCEPT_WITHDRAWN,
    ACCEPT_FOR_NOBODY,
    ACCEPT_UNPAID,
)
