"""The marketplace clients: what is sent, what the answers mean, and what is safe to repeat."""

import json
from typing import Any

import httpx
import pytest

from seatrial.resilience import BadAnswer, CircuitOpen, Rejected, ServiceError, Unavailable
from seatrial.resilience.testing import ScriptedTransport, virtual_time
from stubs.clients import (
    JobPosting,
    MarketplaceServiceClient,
    Proposal,
    ProposalRequest,
    ResilientMarketplaceServiceClient,
    read_marketplace_client,
)
from stubs.settings import Environment
from stubs.tracing import traced

JOB: dict[str, Any] = {
    "id": "job_1",
    "companyId": "acme",
    "title": "Keep my calendar",
    "budget": 5000,
    "currency": "EUR",
}
PROPOSAL: dict[str, Any] = {
    "id": "pro_1",
    "jobPostingId": "job_1",
    "userId": "ada",
    "bidAmount": 4000,
    "status": "pending",
}
REQUEST = ProposalRequest(
    job_posting_id="job_1",
    user_id="ada",
    cover_letter="Me.",
    bid_amount=4000,
    bid_type="fixed",
    delivery_time="soon",
)
SETTINGS = read_marketplace_client(Environment({}))


def client(*steps: Any) -> tuple[MarketplaceServiceClient, ScriptedTransport]:
    """A plain client whose service answers this."""
    transport = ScriptedTransport(*steps)
    return MarketplaceServiceClient(SETTINGS, transport=transport), transport


def page(*jobs: dict[str, Any], following: str | None = None) -> httpx.Response:
    """A page of jobs."""
    link = f'</jobs?company=acme&limit=2&cursor={following}>; rel="next"'
    return httpx.Response(200, json=list(jobs), headers={"link": link} if following else {})


async def test_a_job_is_read_tolerantly_and_its_trace_goes_along() -> None:
    asking, transport = client(httpx.Response(200, json={**JOB, "tags": None, "new": 1}))
    with traced("t1"):
        job = await asking.get_job_posting("job/1")
    assert job == JobPosting(
        id="job_1", company_id="acme", title="Keep my calendar", budget=5000, currency="EUR"
    )
    [request] = transport.requests
    assert request.url.raw_path == b"/jobs/job%2F1"
    assert request.headers["x-trace-id"] == "t1"


@pytest.mark.parametrize("job_id", ["", ".", ".."])
async def test_an_id_that_no_path_can_hold_asks_nobody(job_id: str) -> None:
    asking, transport = client()
    assert await asking.get_job_posting(job_id) is None
    assert transport.requests == []


async def test_none_is_404_and_nothing_else() -> None:
    asking, _ = client(404, 404)
    assert await asking.get_job_posting("job_1") is None
    assert await asking.submit_proposal(REQUEST) is None


async def test_jobs_of_a_company_are_gathered_from_as_many_pages_as_it_takes() -> None:
    jobs = [{**JOB, "id": str(number)} for number in range(3)]
    asking, transport = client(page(*jobs[:2], following="abc"), page(jobs[2]))
    found = await asking.get_jobs_by_company("a&b")
    assert [job.id for job in found] == ["0", "1", "2"]
    asked = [dict(request.url.params) for request in transport.requests]
    assert asked == [
        {"company": "a&b", "limit": "100"},
        {"company": "a&b", "limit": "98", "cursor": "abc"},
    ]


async def test_no_more_jobs_are_asked_for_than_wanted() -> None:
    asking, transport = client(page(JOB, JOB, following="abc"))
    assert len(await asking.get_jobs_by_company("acme", most=1)) == 1
    assert transport.requests[0].url.params["limit"] == "1"


async def test_a_page_that_names_itself_as_the_next_ends_the_gathering() -> None:
    asking, transport = client(page(JOB, following="abc"), page(JOB, following="abc"))
    assert len(await asking.get_jobs_by_company("acme")) == 2
    assert len(transport.requests) == 2


async def test_a_proposal_is_sent_whole() -> None:
    asking, transport = client(httpx.Response(201, json=PROPOSAL))
    assert await asking.submit_proposal(REQUEST) == Proposal(
        id="pro_1", job_posting_id="job_1", user_id="ada", bid_amount=4000, status="pending"
    )
    [request] = transport.requests
    assert json.loads(request.content) == {
        "jobPostingId": "job_1",
        "userId": "ada",
        "coverLetter": "Me.",
        "bidAmount": 4000,
        "bidType": "fixed",
        "deliveryTime": "soon",
    }


@pytest.mark.parametrize("status", [403, 409, 422])
async def test_a_refused_proposal_says_its_status(status: int) -> None:
    asking, _ = client(status)
    with pytest.raises(Rejected) as caught:
        await asking.submit_proposal(REQUEST)
    assert caught.value.status == status
    assert caught.value.operation == "submit_proposal"


@pytest.mark.parametrize("body", [b"<html>", b"{}", b"[]", b'[{"id":1}]'])
async def test_an_answer_that_breaks_the_schema_is_a_bad_one(body: bytes) -> None:
    asking, _ = client(*[httpx.Response(200, content=body)] * 3)
    with pytest.raises(BadAnswer):
        await asking.get_job_posting("job_1")
    with pytest.raises(BadAnswer):
        await asking.submit_proposal(REQUEST)
    if body != b"[]":
        with pytest.raises(BadAnswer):
            await asking.get_jobs_by_company("acme")


def test_reads_are_tried_again_and_a_proposal_is_not() -> None:
    transport = ScriptedTransport(500, httpx.Response(200, json=JOB), 500, page(JOB), then=500)

    async def script() -> None:
        asking = ResilientMarketplaceServiceClient(SETTINGS, transport=transport, clock=loop.time)
        assert await asking.get_job_posting("job_1") is not None
        assert len(await asking.get_jobs_by_company("acme")) == 1
        sent = len(transport.requests)
        with pytest.raises(Unavailable):
            await asking.submit_proposal(REQUEST)
        assert len(transport.requests) == sent + 1
        await asking.close()

    with virtual_time() as loop:
        loop.run(script())


def test_all_calls_share_one_circuit() -> None:
    transport = ScriptedTransport(then=500)

    async def script() -> None:
        asking = ResilientMarketplaceServiceClient(SETTINGS, transport=transport, clock=loop.time)
        for _ in range(5):
            with pytest.raises(ServiceError):
                await asking.submit_proposal(REQUEST)
        with pytest.raises(CircuitOpen):
            await asking.get_job_posting("job_1")
        await asking.close()

    with virtual_time() as loop:
        loop.run(script())
