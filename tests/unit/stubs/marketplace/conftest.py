"""marketplace-service in this process, with a database of either kind."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from stubs.database import Database
from stubs.events import EventType, UserEvent
from stubs.marketplace import store
from stubs.marketplace.app import create_app
from stubs.marketplace.settings import MarketplaceSettings
from stubs.marketplace.user_deletions import UserDeletions
from stubs.settings import Environment
from stubs.tracing import Tracer
from stubs.user.schemas import CreateUser
from tests.unit.stubs.marketplace.neighbours import Neighbours

JOB: dict[str, Any] = {
    "companyId": "acme",
    "title": "Keep my calendar",
    "description": "Two hours a day.",
    "rateRange": {"min": 1000, "max": 2500},
    "budget": 120_000,
    "currency": "EUR",
    "tags": ["calendar"],
    "skillsRequired": ["tact"],
    "remote": True,
}
PROPOSAL: dict[str, Any] = {
    "userId": "ada",
    "coverLetter": "I kept three calendars before.",
    "bidAmount": 110_000,
    "bidType": "fixed",
    "deliveryTime": "from Monday on",
}
SETTINGS = {
    "USER_CLIENT_BACKOFF_S": "0.001",
    "PAYMENTS_CLIENT_BACKOFF_S": "0.001",
    "USER_CLIENT_FAILURES": "2",
    "USER_CLIENT_OPEN_S": "40",
}


@dataclass
class Market:
    """The service with its neighbours; `http` asks it."""

    app: FastAPI
    http: httpx.AsyncClient
    neighbours: Neighbours
    database_url: str

    async def post_job(self, **changes: Any) -> dict[str, Any]:
        """A job posted over the wire."""
        answer = await self.http.post("/jobs", json={**JOB, **changes})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def propose(self, job_id: str, **changes: Any) -> httpx.Response:
        """Propose for a job."""
        return await self.http.post(
            "/proposals", json={**PROPOSAL, "jobPostingId": job_id, **changes}
        )

    async def proposed(self, job_id: str | None = None, **changes: Any) -> dict[str, Any]:
        """A proposal made over the wire."""
        job_id = job_id or (await self.post_job())["id"]
        answer = await self.propose(job_id, **changes)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def accept(self, proposal_id: str) -> httpx.Response:
        """Accept a proposal."""
        return await self.http.post(f"/proposals/{proposal_id}/accept")

    async def job(self, job_id: str) -> dict[str, Any]:
        """The job as it is now."""
        found: dict[str, Any] = (await self.http.get(f"/jobs/{job_id}")).json()
        return found

    async def proposal(self, proposal_id: str) -> dict[str, Any]:
        """The proposal as it is now."""
        found: dict[str, Any] = (await self.http.get(f"/proposals/{proposal_id}")).json()
        return found

    async def events(self) -> list[str]:
        """The messages that wait to be sent."""
        database = Database(self.database_url)
        async with database.reading() as connection:
            waiting = await store.OUTBOX.waiting(connection, 1000)
        await database.close()
        assert {entry.stream for entry in waiting} <= {"job.events"}
        return [entry.message for entry in waiting]

    async def publish(self, event: UserEvent) -> None:
        """Let the clean-up handle an event, as the group's reader does."""
        database = Database(self.database_url)
        await UserDeletions(database, Tracer("m", lambda _: None)).handle(event)
        await database.close()


def deleted(user_id: str, version: int = 2, event_id: str = "e1") -> UserEvent:
    """The event of a user's end."""
    return UserEvent(
        EventType.USER_DELETED, user_id, {"id": user_id}, "now", event_id, version, None
    )


@pytest.fixture
async def market(new_database: Callable[[], str], user_app: FastAPI) -> AsyncIterator[Market]:
    """marketplace-service next to a real user-service, which knows a company and two VAs."""
    users = user_app.state.service
    await users.seed("acme", CreateUser(email="acme@x", role="company"))
    for user_id in ("ada", "bob"):
        await users.seed(user_id, CreateUser(email=f"{user_id}@x", role="va"))
    url = new_database()
    neighbours = Neighbours(user_app)
    settings = MarketplaceSettings.read(Environment({**SETTINGS, "DATABASE_URL": url}))
    app = create_app(settings, Tracer("m", lambda _: None), transport=neighbours)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://m") as http,
    ):
        yield Market(app, http, neighbours, url)
