"""Jobs and proposals of a deleted user are ended, once, on either kind of database."""

import asyncio

import pytest

from stubs.database import Database, DatabaseDown
from stubs.events import EventType, UserEvent
from stubs.marketplace.user_deletions import UserDeletions
from stubs.tracing import Tracer
from stubs.user.schemas import CreateUser
from tests.unit.stubs.marketplace.conftest import Market, deleted
from tests.unit.stubs.user.test_users import problem


def created(user_id: str, version: int, event_id: str = "e9") -> UserEvent:
    """The event of a user's making."""
    data = {"id": user_id, "email": f"{user_id}@x", "role": "company"}
    return UserEvent(EventType.USER_CREATED, user_id, data, "now", event_id, version, None)


@pytest.fixture
def said() -> list[str]:
    """Return what the clean-up wrote."""
    return []


async def handle(market: Market, said: list[str], *events: UserEvent) -> None:
    """Let the clean-up handle these, one after the other."""
    database = Database(market.database_url)
    deletions = UserDeletions(database, Tracer("m", said.append))
    for event in events:
        await deletions.handle(event)
    await database.close()


async def test_a_deleted_company_s_jobs_are_closed_and_its_proposals_stay_pending(
    market: Market,
) -> None:
    proposal = await market.proposed()
    await market.publish(deleted("acme"))
    job = await market.job(proposal["jobPostingId"])
    assert (job["status"], job["proposalCount"]) == ("closed", 1)
    assert (await market.proposal(proposal["id"]))["status"] == "pending"
    problem(await market.accept(proposal["id"]), 409)
    assert market.neighbours.intents == {}
    problem(await market.propose(job["id"], userId="bob"), 409)


async def test_a_deleted_va_s_pending_proposals_are_withdrawn_and_accepted_ones_stay(
    market: Market,
) -> None:
    pending, accepted = await market.proposed(), await market.proposed()
    await market.accept(accepted["id"])
    other = await market.proposed(pending["jobPostingId"], userId="bob")
    await market.publish(deleted("ada"))
    found = [(await market.proposal(each["id"]))["status"] for each in (pending, accepted, other)]
    assert found == ["withdrawn", "accepted", "pending"]
    problem(await market.accept(pending["id"]), 409)
    assert (await market.accept(accepted["id"])).status_code == 200
    assert (await market.job(pending["jobPostingId"]))["status"] == "open"


async def test_a_deletion_told_twice_is_done_once(market: Market, said: list[str]) -> None:
    await market.post_job()
    await handle(market, said, deleted("acme"), deleted("acme"))
    assert len(said) == 1
    assert '"jobsClosed":1' in said[0]


async def test_of_two_processes_told_at_once_one_does_it(market: Market, said: list[str]) -> None:
    await market.post_job()
    await asyncio.gather(*(handle(market, said, deleted("acme")) for _ in range(5)))
    assert len(said) == 1


async def test_a_late_event_does_not_revive_a_deleted_user(market: Market, said: list[str]) -> None:
    job = await market.post_job()
    await handle(market, said, deleted("acme", version=5), created("acme", version=4))
    assert (await market.job(job["id"]))["status"] == "closed"
    body = {"companyId": "acme", "title": "t", "description": "d", "budget": 1, "currency": "EUR"}
    problem(await market.http.post("/jobs", json=body), 403)


async def test_a_user_made_anew_is_welcome_again(market: Market, said: list[str]) -> None:
    job = await market.post_job()
    await handle(market, said, deleted("acme", version=2), created("acme", version=3))
    assert (await market.job(job["id"]))["status"] == "closed"  # what is over is over
    assert (await market.post_job())["status"] == "open"


async def test_nothing_is_kept_of_users_who_only_live(market: Market, said: list[str]) -> None:
    await handle(market, said, created("zoe", version=7), deleted("zoe", version=3, event_id="x"))
    assert len(said) == 1  # the older deletion counts: nothing newer was kept


@pytest.mark.parametrize("user_id", ["x" * 200, "a\x00b", "\ud800"])
async def test_a_user_that_cannot_be_here_is_nothing_to_clean_up(
    market: Market, said: list[str], user_id: str
) -> None:
    await handle(market, said, deleted(user_id))
    assert said == []


async def test_a_job_posted_while_its_company_is_deleted_does_not_stay_open(
    market: Market, said: list[str]
) -> None:
    await market.post_job()
    posts = [
        market.http.post(
            "/jobs",
            json={
                "companyId": "acme",
                "title": "t",
                "description": "d",
                "budget": 1,
                "currency": "EUR",
            },
        )
        for _ in range(20)
    ]
    answers, _ = await asyncio.gather(asyncio.gather(*posts), handle(market, said, deleted("acme")))
    assert {answer.status_code for answer in answers} <= {201, 403}
    found = (await market.http.get("/jobs?company=acme&limit=100")).json()
    assert {job["status"] for job in found} == {"closed"}
    assert len(found) == 1 + sum(answer.status_code == 201 for answer in answers)


async def test_a_proposal_made_while_its_user_is_deleted_does_not_stay_pending(
    market: Market, said: list[str]
) -> None:
    users = market.neighbours.users.state.service
    await users.seed("eve", CreateUser(email="eve@x", role="va"))
    jobs = [(await market.post_job())["id"] for _ in range(10)]
    answers, _ = await asyncio.gather(
        asyncio.gather(*(market.propose(job_id, userId="eve") for job_id in jobs)),
        handle(market, said, deleted("eve")),
    )
    made = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 403}
    assert {(await market.proposal(each))["status"] for each in made} <= {"withdrawn"}


async def test_a_database_that_is_down_is_not_the_events_fault(free_port: int) -> None:
    database = Database(f"postgresql://u:p@127.0.0.1:{free_port}/d")
    with pytest.raises(DatabaseDown):
        await UserDeletions(database, Tracer("m", print)).handle(deleted("acme"))
