"""Proposals, over HTTP, on either kind of database."""

import asyncio
from typing import Any

import httpx

from stubs.user.schemas import CreateUser
from tests.unit.stubs.marketplace.conftest import PROPOSAL, Market, deleted
from tests.unit.stubs.user.test_users import problem


async def test_a_new_proposal_is_answered_whole_and_counted(market: Market) -> None:
    job = await market.post_job()
    answer = await market.propose(job["id"])
    proposal = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/proposals/{proposal['id']}"
    own = {name: proposal[name] for name in ("id", "createdAt", "updatedAt")}
    assert proposal == {**PROPOSAL, **own, "jobPostingId": job["id"], "status": "pending"}
    assert await market.proposal(proposal["id"]) == proposal
    assert (await market.job(job["id"]))["proposalCount"] == 1
    assert len(await market.events()) == 1  # of the job


async def test_proposals_of_many_at_once_are_all_counted(market: Market) -> None:
    job = await market.post_job()
    users = market.neighbours.users.state.service
    for number in range(10):
        await users.seed(f"va{number}", CreateUser(email=f"{number}@x", role="va"))
    answers = await asyncio.gather(
        *(market.propose(job["id"], userId=f"va{number}") for number in range(10))
    )
    assert [answer.status_code for answer in answers] == [201] * 10
    assert (await market.job(job["id"]))["proposalCount"] == 10


async def test_of_many_of_one_user_at_once_one_is_taken(market: Market) -> None:
    job = await market.post_job()
    answers = await asyncio.gather(*(market.propose(job["id"]) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert (await market.job(job["id"]))["proposalCount"] == 1


BAD_FIELDS: list[tuple[str, Any]] = [
    ("jobPostingId", None),
    ("jobPostingId", "\x00"),
    ("userId", ""),
    ("userId", "x" * 129),
    ("coverLetter", ""),
    ("coverLetter", "\x00"),
    ("bidAmount", 0),
    ("bidAmount", 1.0),
    ("bidAmount", 10**12 + 1),
    ("bidType", "daily"),
    ("deliveryTime", 5),
    ("deliveryTime", ""),
]


async def test_each_field_that_breaks_the_schema_is_named(market: Market) -> None:
    for field, value in BAD_FIELDS:
        answer = await market.propose("none", **{field: value})
        assert [each["field"] for each in problem(answer, 422)["errors"]] == [field], value


async def test_refusals_come_in_the_order_schema_job_closed_user_twice(market: Market) -> None:
    job, other = await market.post_job(), await market.post_job()
    await market.proposed(job["id"])
    market.neighbours.down.add("user-service")
    market.app.state.marketplace.users.client.users.clear()
    problem(await market.propose("none", bidAmount=0), 422)
    problem(await market.propose("none"), 404)
    problem(await market.propose("x" * 5000), 404)
    problem(await market.propose(job["id"]), 503)
    market.neighbours.down.clear()
    market.app.state.marketplace.users.client.breaker.force_close()
    problem(await market.propose(job["id"], userId="acme"), 403)
    problem(await market.propose(job["id"], userId="nobody"), 403)
    problem(await market.propose(job["id"]), 409)
    await market.publish(deleted("acme"))
    market.neighbours.asked.clear()
    problem(await market.propose(other["id"], userId="nobody"), 409)
    assert market.neighbours.asked == []  # a closed job is refused before anybody is asked


async def test_a_user_that_cannot_be_checked_is_refused_with_retry_after(market: Market) -> None:
    job = await market.post_job()
    market.neighbours.down.add("user-service")
    answer = await market.propose(job["id"])
    problem(answer, 503)
    assert answer.headers["retry-after"] == "1"
    assert (await market.job(job["id"]))["proposalCount"] == 0


async def test_accepting_makes_the_intent_that_the_bid_says(market: Market) -> None:
    proposal = await market.proposed()
    answer = await market.accept(proposal["id"])
    accepted = answer.json()
    assert answer.status_code == 200
    assert (accepted["status"], accepted["paymentId"]) == ("accepted", "pay_1")
    assert await market.proposal(proposal["id"]) == accepted
    [intent] = market.neighbours.intents.values()
    wanted = {
        "payerId": "acme",
        "receiverId": "ada",
        "amount": 110_000,
        "currency": "EUR",
        "proposalId": proposal["id"],
        "jobPostingId": proposal["jobPostingId"],
    }
    assert {name: intent[name] for name in wanted} == wanted


async def test_accepting_closes_neither_the_job_nor_other_proposals(market: Market) -> None:
    job = await market.post_job()
    one, two = await market.proposed(job["id"]), await market.proposed(job["id"], userId="bob")
    await market.accept(one["id"])
    assert (await market.job(job["id"]))["status"] == "open"
    assert (await market.proposal(two["id"]))["status"] == "pending"
    assert (await market.accept(two["id"])).json()["paymentId"] == "pay_2"


async def test_accepting_again_is_the_same_answer_and_no_second_intent(market: Market) -> None:
    proposal = await market.proposed()
    first, again = await market.accept(proposal["id"]), await market.accept(proposal["id"])
    assert first.json() == again.json()
    assert len(market.neighbours.intents) == 1


async def test_of_many_who_accept_at_once_all_get_the_one_intent(market: Market) -> None:
    proposal = await market.proposed()
    answers = await asyncio.gather(*(market.accept(proposal["id"]) for _ in range(10)))
    assert {(answer.status_code, answer.json()["paymentId"]) for answer in answers} == {
        (200, "pay_1")
    }
    asked = [each for each in market.neighbours.asked if each[0] == "payments-service"]
    assert len(asked) == 1


async def test_one_who_gives_up_waiting_blocks_nobody_else(market: Market) -> None:
    proposal = await market.proposed()
    market.neighbours.hold = asyncio.Event()
    begun = asyncio.Event()

    async def began() -> None:
        begun.set()

    market.neighbours.on_intent = began
    first, second, third = (asyncio.create_task(market.accept(proposal["id"])) for _ in range(3))
    await begun.wait()
    second.cancel()
    first.cancel()
    market.neighbours.hold.set()
    assert (await third).json()["paymentId"] == "pay_1"
    assert len(market.neighbours.intents) == 1


async def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(
    market: Market,
) -> None:
    proposal = await market.proposed()
    market.neighbours.lose_answers = 2
    assert (await market.accept(proposal["id"])).json()["paymentId"] == "pay_1"
    assert len(market.neighbours.intents) == 1


async def test_with_payments_down_nothing_is_half_done_and_repeating_ends_it(
    market: Market,
) -> None:
    proposal = await market.proposed()
    market.neighbours.lose_answers = 3  # made, and nobody knows
    answer = await market.accept(proposal["id"])
    problem(answer, 503)
    assert int(answer.headers["retry-after"]) >= 1
    assert await market.proposal(proposal["id"]) == proposal
    market.neighbours.down.add("payments-service")
    problem(await market.accept(proposal["id"]), 503)
    market.neighbours.down.clear()
    assert (await market.accept(proposal["id"])).json()["paymentId"] == "pay_1"
    assert len(market.neighbours.intents) == 1


async def test_while_another_process_is_accepting_it_is_waited_for(market: Market) -> None:
    proposal = await market.proposed()
    running = httpx.Response(409, headers={"retry-after": "0"})
    market.neighbours.refuse = [running, running]
    assert (await market.accept(proposal["id"])).json()["status"] == "accepted"


async def test_another_process_that_takes_too_long_is_503(market: Market) -> None:
    proposal = await market.proposed()
    market.neighbours.refuse = [httpx.Response(409, headers={"retry-after": "0"})] * 3
    problem(await market.accept(proposal["id"]), 503)
    assert (await market.proposal(proposal["id"]))["status"] == "pending"


async def test_payments_that_know_one_of_both_no_more_make_it_409(market: Market) -> None:
    proposal = await market.proposed()
    market.neighbours.refuse = [httpx.Response(422)]
    problem(await market.accept(proposal["id"]), 409)
    assert (await market.proposal(proposal["id"]))["status"] == "pending"


async def test_payments_that_answer_nonsense_are_payments_that_are_down(market: Market) -> None:
    proposal = await market.proposed()
    for status in (400, 401, 404):
        market.neighbours.refuse = [httpx.Response(status)]
        problem(await market.accept(proposal["id"]), 503)
    market.neighbours.refuse = [httpx.Response(500)] * 3
    problem(await market.accept(proposal["id"]), 503)
    assert (await market.proposal(proposal["id"]))["status"] == "pending"


async def test_an_unknown_proposal_is_404(market: Market) -> None:
    problem(await market.http.get("/proposals/none"), 404)
    problem(await market.accept("none"), 404)


async def test_a_va_deleted_while_payments_were_asked_is_not_accepted(market: Market) -> None:
    proposal = await market.proposed()

    async def delete() -> None:
        await market.publish(deleted("ada"))

    market.neighbours.on_intent = delete
    problem(await market.accept(proposal["id"]), 409)
    assert (await market.proposal(proposal["id"]))["status"] == "withdrawn"
