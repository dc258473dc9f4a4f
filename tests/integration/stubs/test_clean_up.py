"""A deleted user, seen from two marketplace processes over one database."""

import json
from typing import Any

from redis import Redis

from tests.integration.stubs.reference import SOON_S, Reference, eventually


def post_job(reference: Reference, company_id: str, market: int = 0) -> str:
    """A job of the company, posted at one of the processes."""
    body = {"companyId": company_id, "title": "t", "description": "d", "budget": 1}
    answer = reference.http.post(
        f"{reference.market_urls[market]}/jobs", json={**body, "currency": "EUR"}
    )
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def job(reference: Reference, job_id: str, market: int) -> dict[str, Any]:
    """The job as one of the processes reports it."""
    found: dict[str, Any] = reference.http.get(
        f"{reference.market_urls[market]}/jobs/{job_id}"
    ).json()
    return found


def deletions(reference: Reference, user_id: str) -> list[dict[str, Any]]:
    """Return what all processes wrote of this user's end."""
    lines = [
        json.loads(line)
        for process in reference.markets
        for line in process.log.read_text().splitlines()
        if '"user_deletion_applied"' in line
    ]
    return [line["data"] for line in lines if line["data"]["userId"] == user_id]


def test_the_clean_up_is_done_once_and_every_cache_sees_it(reference: Reference) -> None:
    company = reference.create("company@x", role="company", name="Acme")
    va = reference.create("va@x")
    jobs = [post_job(reference, company, market) for market in (0, 1, 0)]
    proposal = reference.http.post(
        f"{reference.market_urls[1]}/proposals",
        json={
            "jobPostingId": jobs[0],
            "userId": va,
            "coverLetter": "c",
            "bidAmount": 1,
            "bidType": "fixed",
            "deliveryTime": "d",
        },
    ).json()
    for market in (0, 1):
        assert reference.name(company, market) in ("Acme origin", "Acme cache")
    reference.delete(company)
    for market in (0, 1):
        eventually(lambda: reference.card(company, market).status_code == 404, SOON_S)  # noqa: B023
        eventually(
            lambda: all(job(reference, each, market)["status"] == "closed" for each in jobs)  # noqa: B023
        )
    reference.delete(va)
    eventually(
        lambda: (
            reference.http.get(f"{reference.market_urls[0]}/proposals/{proposal['id']}").json()[
                "status"
            ]
            == "withdrawn"
        )
    )
    eventually(lambda: bool(deletions(reference, va)))  # the line comes after the commit
    assert [each["jobsClosed"] for each in deletions(reference, company)] == [3]
    assert [each["proposalsWithdrawn"] for each in deletions(reference, va)] == [1]


def test_a_posted_job_is_told_on_its_stream(reference: Reference, redis: Redis) -> None:
    company = reference.create("teller@x", role="company")
    job_id = post_job(reference, company)

    def reported() -> list[dict[str, Any]]:
        entries: Any = redis.xrange("job.events")
        events = [json.loads(fields[b"event"]) for _, fields in entries]
        return [event for event in events if event["jobId"] == job_id]

    eventually(lambda: bool(reported()), SOON_S)
    [event] = reported()
    assert (event["type"], event["version"]) == ("JOB_POSTED", 1)
    assert event["data"]["companyId"] == company
