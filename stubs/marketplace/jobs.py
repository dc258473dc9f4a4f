"""Job postings: who may make them, and reading them."""

import re
import uuid
from collections.abc import Callable
from typing import Protocol

from stubs.clients import Role
from stubs.database import Database
from stubs.events.publisher import EventPublisher
from stubs.marketplace import store
from stubs.marketplace.schemas import CreateJob, JobPosting
from stubs.tracing.tracer import now_iso

_ID = re.compile(r"[A-Za-z0-9._~-]{1,36}", re.ASCII)
_LONGEST_USER_ID = 128


class JobNotFoundError(Exception):
    """No job posting has this id."""


class NotAllowedError(Exception):
    """The user isn't known, or isn't in the role that this takes; the text says which."""


class UserCheck(Protocol):
    """Checks whether somebody may do something."""

    async def has_role(self, user_id: str, role: Role) -> bool:
        """Return whether there is such a user, in this role.

        Raises:
            ServiceError: it can't be known now.
        """


class JobService:
    """Job postings.

    Args:
        database: where they are kept.
        users: who says whether somebody is a company.
        publisher: publishes that one was posted.
        committed: called after each change, so that its event is sent soon.
        new_id: makes the id of a new one.
        now: the time now, ISO 8601.
    """

    def __init__(
        self,
        database: Database,
        users: UserCheck,
        publisher: EventPublisher,
        committed: Callable[[], None] = lambda: None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        now: Callable[[], str] = now_iso,
    ) -> None:
        self._database = database
        self._users = users
        self._publisher = publisher
        self._committed = committed
        self._new_id = new_id
        self._now = now

    async def post(self, request: CreateJob) -> JobPosting:
        """Post a job for a company.

        Raises:
            NotAllowedError: the company isn't known, or isn't one.
            ServiceError: that can't be known now.
        """
        if not await self._users.has_role(request.company_id, "company"):
            raise NotAllowedError("There is no company with this companyId.")
        return await self.put(self._new_id(), request)

    async def put(self, job_id: str, request: CreateJob) -> JobPosting:
        """Post a job under an id of one's own, whoever posts it; for tests and data.

        Raises:
            NotAllowedError: the company was deleted.
        """
        now = self._now()
        job = JobPosting(
            **{name: value for name, value in request if value is not None},
            id=job_id,
            status="open",
            proposal_count=0,
            created_at=now,
            updated_at=now,
        )
        async with self._database.writing() as connection:
            if (await store.hold_user(connection, job.company_id)).gone:
                raise NotAllowedError("The company with this companyId was deleted.")
            await store.add_job(connection, job)
            await self._publisher.publish(connection, "JOB_POSTED", job.id, 1, job.event_data())
        self._committed()
        return job

    async def get(self, job_id: str) -> JobPosting:
        """The job posting with this id.

        Raises:
            JobNotFoundError: there is none, or it can't be an id.
        """
        if not _ID.fullmatch(job_id):
            raise JobNotFoundError(job_id)
        async with self._database.reading() as connection:
            job = await store.find_job(connection, job_id)
        if job is None:
            raise JobNotFoundError(job_id)
        return job

    async def of_company(
        self, company_id: str, limit: int, before: int | None
    ) -> tuple[list[JobPosting], int | None]:
        """A company's job postings, the newest first, and where the next page begins.

        Args:
            company_id: of a company that nobody knows there are none.
            limit: how many at most.
            before: where the page begins, from the page before it.
        """
        if len(company_id) > _LONGEST_USER_ID or not company_id.isprintable():
            return [], None
        async with self._database.reading() as connection:
            found = await store.find_jobs(connection, company_id, limit + 1, before)
        page = found[:limit]
        following = page[-1][0] if len(found) > limit else None
        return [job for _, job in page], following
