"""The marketplace client against the real service."""

import httpx
import pytest

from seatrial.resilience import Rejected
from stubs.clients import MarketplaceServiceClient, ProposalRequest, read_marketplace_client
from stubs.settings import Environment
from tests.unit.stubs.marketplace.conftest import Market


async def test_the_real_service_is_understood(market: Market) -> None:
    transport = httpx.ASGITransport(market.app)
    asking = MarketplaceServiceClient(read_marketplace_client(Environment({})), transport=transport)
    posted = [(await market.post_job(title=str(number)))["id"] for number in range(3)]
    jobs = await asking.get_jobs_by_company("acme", most=2)
    assert [job.id for job in jobs] == posted[:0:-1]
    assert await asking.get_job_posting(posted[0]) is not None
    assert await asking.get_jobs_by_company("nobody") == []
    request = ProposalRequest(
        job_posting_id=posted[0],
        user_id="ada",
        cover_letter="Me.",
        bid_amount=4000,
        bid_type="fixed",
        delivery_time="soon",
    )
    proposal = await asking.submit_proposal(request)
    assert proposal is not None
    assert proposal.status == "pending"
    with pytest.raises(Rejected, match="409"):
        await asking.submit_proposal(request)
