"""Job postings, over HTTP, on either kind of database."""

import json
from typing import Any

from tests.unit.stubs.marketplace.conftest import JOB, Market, deleted
from tests.unit.stubs.user.test_users import problem


async def test_a_new_job_is_answered_whole_and_told_once(market: Market) -> None:
    answer = await market.http.post("/jobs", json=JOB)
    job = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == f"/jobs/{job['id']}"
    own = {name: job[name] for name in ("id", "createdAt", "updatedAt")}
    assert job == {**JOB, **own, "status": "open", "proposalCount": 0}
    assert job["createdAt"] == job["updatedAt"]
    assert await market.job(job["id"]) == job
    [message] = await market.events()
    event = json.loads(message)
    assert (event["type"], event["jobId"], event["version"]) == ("JOB_POSTED", job["id"], 1)
    assert event["data"] == job
    assert event["traceId"] == answer.headers["x-trace-id"]


async def test_optional_fields_may_be_absent_or_null(market: Market) -> None:
    optional = ("rateRange", "tags", "skillsRequired", "remote")
    required = {name: value for name, value in JOB.items() if name not in optional}
    for body in (required, required | dict.fromkeys(optional)):
        job = (await market.http.post("/jobs", json=body)).json()
        assert "rateRange" not in job
        assert (job["tags"], job["skillsRequired"], job["remote"]) == ([], [], False)


async def test_who_is_no_company_posts_nothing(market: Market) -> None:
    for company in ("nobody", "ada", "a/b", "..", "x y", "\n", "é"):
        problem(await market.http.post("/jobs", json={**JOB, "companyId": company}), 403)
    assert await market.events() == []


async def test_a_company_that_cannot_be_checked_posts_nothing_and_is_told_when_to_ask_again(
    market: Market,
) -> None:
    market.neighbours.down.add("user-service")
    for _ in range(2):
        answer = await market.http.post("/jobs", json=JOB)
        problem(answer, 503)
        assert answer.headers["retry-after"] == "1"
    asked = len(market.neighbours.asked)
    answer = await market.http.post("/jobs", json=JOB)  # the circuit is open: fast, and closed
    problem(answer, 503)
    assert 39 <= int(answer.headers["retry-after"]) <= 40
    assert len(market.neighbours.asked) == asked
    assert await market.events() == []


async def test_a_company_whose_check_is_only_an_old_one_posts_nothing(market: Market) -> None:
    await market.post_job()
    market.app.state.marketplace.users.client.users.distrust()  # as when events are lost
    market.neighbours.down.add("user-service")
    problem(await market.http.post("/jobs", json=JOB), 503)
    assert len(await market.events()) == 1


async def test_what_breaks_the_schema_is_refused_before_anybody_is_asked(market: Market) -> None:
    market.neighbours.down.add("user-service")
    problem(await market.http.post("/jobs", json={**JOB, "companyId": ""}), 422)
    problem(await market.http.post("/jobs", content=b"{"), 400)
    assert market.neighbours.asked == []


async def test_required_fields_are_required(market: Market) -> None:
    for field in ("companyId", "title", "description", "budget", "currency"):
        for body in ({**JOB, field: None}, {n: v for n, v in JOB.items() if n != field}):
            errors = problem(await market.http.post("/jobs", json=body), 422)["errors"]
            assert [each["field"] for each in errors] == [field]


BAD_FIELDS: list[tuple[str, Any]] = [
    ("companyId", "x" * 129),
    ("companyId", 7),
    ("title", ""),
    ("title", "a\x00b"),
    ("title", "x" * 201),
    ("description", "x" * 10_001),
    ("budget", 0),
    ("budget", -1),
    ("budget", 100.0),
    ("budget", "100"),
    ("budget", True),
    ("budget", 10**12 + 1),
    ("budget", 10**30),
    ("currency", "eur"),
    ("currency", "ZZZ"),
    ("currency", "EURO"),
    ("rateRange.min", {"min": 0, "max": 1}),
    ("rateRange.max", {"min": 1}),
    ("rateRange", {"min": 2, "max": 1}),
    ("rateRange", [1, 2]),
    ("tags", "x"),
    ("tags", ["x"] * 51),
    ("tags.0", [1]),
    ("tags.0", ["\x00"]),
    ("skillsRequired.1", ["x", ""]),
    ("remote", 1),
    ("remote", "yes"),
]


async def test_each_field_that_breaks_the_schema_is_named(market: Market) -> None:
    for field, value in BAD_FIELDS:
        body = {**JOB, field.split(".")[0]: value}
        errors = problem(await market.http.post("/jobs", json=body), 422)["errors"]
        assert [each["field"] for each in errors] == [field], value


async def test_the_largest_amounts_are_kept_whole(market: Market) -> None:
    largest = {"budget": 10**12, "rateRange": {"min": 10**12, "max": 10**12}}
    job = await market.post_job(**largest)
    assert {name: (await market.job(job["id"]))[name] for name in largest} == largest


async def test_what_cannot_be_an_id_is_404(market: Market) -> None:
    for bad in ("none", "%00", "a%20b", "%ff", "x" * 37, "é", "a%2Fb", "%ed%a0%80"):
        problem(await market.http.get(f"/jobs/{bad}"), 404)
        problem(await market.http.get(f"/proposals/{bad}"), 404)
        problem(await market.http.post(f"/proposals/{bad}/accept"), 404)


async def all_pages(market: Market, query: str) -> list[list[str]]:
    """The ids on each page, followed by the links."""
    pages: list[list[str]] = []
    url: str | None = f"/jobs?{query}"
    while url is not None:
        answer = await market.http.get(url)
        assert answer.status_code == 200, answer.text
        pages.append([job["id"] for job in answer.json()])
        url = answer.links.get("next", {}).get("url")
    return pages


async def test_a_company_s_jobs_come_newest_first_in_pages(market: Market) -> None:
    ids = [(await market.post_job(title=str(number)))["id"] for number in range(5)][::-1]
    assert await all_pages(market, "company=acme&limit=2") == [ids[:2], ids[2:4], ids[4:]]
    assert await all_pages(market, "company=acme&limit=5") == [ids]
    assert await all_pages(market, "company=acme") == [ids]


async def test_a_job_posted_meanwhile_moves_no_page(market: Market) -> None:
    ids = [(await market.post_job(title=str(number)))["id"] for number in range(4)][::-1]
    first = await market.http.get("/jobs?company=acme&limit=2")
    await market.post_job()
    second = await market.http.get(first.links["next"]["url"])
    assert [job["id"] for job in second.json()] == ids[2:]
    assert "link" not in second.headers


async def test_a_company_that_nobody_knows_has_no_jobs(market: Market) -> None:
    await market.post_job()
    for company in ("nobody", "%00", "a%0Ab", "x" * 200, "%ff", "a%27%20OR%201=1", "%F0%9F%98%80"):
        answer = await market.http.get(f"/jobs?company={company}")
        assert (answer.status_code, answer.json()) == (200, []), company


BAD_PAGES = [
    ("", "company"),
    ("company=", "company"),
    ("limit=1", "company"),
    *((f"company=acme&limit={limit}", "limit") for limit in ("0", "101", "-1", "x", "1.5", "")),
    ("company=acme&limit=" + "9" * 5000, "limit"),
    *((f"company=acme&cursor={cursor}", "cursor") for cursor in ("", "x", "%00", "LTE", "MA")),
    ("company=acme&cursor=" + "A" * 5000, "cursor"),
    ("company=acme&cursor=OTk5OTk5OTk5OTk5OTk5OTk5OQ", "cursor"),  # over 2^63
]


async def test_a_page_that_cannot_be_is_422(market: Market) -> None:
    for query, field in BAD_PAGES:
        errors = problem(await market.http.get(f"/jobs?{query}"), 422)["errors"]
        assert [each["field"] for each in errors] == [field], query


async def test_a_company_that_was_deleted_posts_nothing_even_if_it_was_checked_before(
    market: Market,
) -> None:
    await market.post_job()  # so that the company is in the cache
    await market.publish(deleted("acme"))
    problem(await market.http.post("/jobs", json=JOB), 403)


# The caller's deadline passed; the database is down.
EVERYWHERE = {"408", "503"}


async def test_the_document_names_every_answer(market: Market) -> None:
    document = (await market.http.get("/openapi.json")).json()
    statuses = {
        (path, method): sorted(operation["responses"].keys() - EVERYWHERE)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if path.startswith(("/jobs", "/proposals"))
    }
    for path, operations in document["paths"].items():
        for operation in operations.values() if path.startswith(("/jobs", "/proposals")) else ():
            assert operation["responses"].keys() >= EVERYWHERE
    assert statuses == {
        ("/jobs", "get"): ["200", "422"],
        ("/jobs", "post"): ["201", "400", "403", "413", "422"],
        ("/jobs/{job_id}", "get"): ["200", "404"],
        ("/proposals", "post"): ["201", "400", "403", "404", "409", "413", "422"],
        ("/proposals/{proposal_id}", "get"): ["200", "404"],
        ("/proposals/{proposal_id}/accept", "post"): ["200", "404", "409", "413"],
    }
