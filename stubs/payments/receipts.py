"""Receipts: a payment with what other services know about it; the read that degrades."""

import asyncio
from collections.abc import Awaitable
from typing import Protocol, TypeVar

from pydantic import BaseModel

from seatrial.resilience import Deadline, ServiceError, deadline_scope
from stubs.clients import UserProfile
from stubs.payments.schemas import Payment, Receipt, ReceiptJob, ReceiptUser

_PART = TypeVar("_PART")


class JobPosting(Protocol):
    """The part of a job posting that a receipt shows."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def title(self) -> str:
        """Its title."""


class Users(Protocol):
    """Looks users up; may raise `ServiceError`."""

    async def get_basic_profile(self, user_id: str) -> UserProfile | None:
        """The user; None when there is none."""


class Jobs(Protocol):
    """Looks job postings up; may raise `ServiceError`."""

    async def get_job_posting(self, job_id: str) -> JobPosting | None:
        """The job posting; None when there is none."""


class Receipts:
    """Puts receipts together; all peers are asked side by side.

    Args:
        users: the payer and the receiver.
        jobs: what was paid for.
        wait_s: how long the peers are waited for, seconds.
    """

    def __init__(self, users: Users, jobs: Jobs, wait_s: float) -> None:
        self._users = users
        self._jobs = jobs
        self._wait_s = wait_s

    async def receipt(self, payment: Payment) -> Receipt:
        """The payment's receipt; whoever can't be asked is named in it."""
        down: dict[str, None] = {}
        with deadline_scope(Deadline.after(self._wait_s)):
            payer, receiver, job = await asyncio.gather(
                _unless_down("user-service", self._user(payment.payer_id), down),
                _unless_down("user-service", self._user(payment.receiver_id), down),
                _unless_down("marketplace-service", self._job(payment.job_posting_id), down),
            )
        return Receipt(
            payment=payment, payer=payer, receiver=receiver, job=job, incomplete=sorted(down)
        )

    async def _user(self, user_id: str) -> ReceiptUser | None:
        user = await self._users.get_basic_profile(user_id)
        return None if user is None else _as(ReceiptUser, user)

    async def _job(self, job_id: str | None) -> ReceiptJob | None:
        job = None if job_id is None else await self._jobs.get_job_posting(job_id)
        return None if job is None else ReceiptJob(id=job.id, title=job.title)


async def _unless_down(
    service: str, part: Awaitable[_PART | None], down: dict[str, None]
) -> _PART | None:
    try:
        return await part
    except ServiceError:
        down[service] = None
        return None


_MODEL = TypeVar("_MODEL", bound=BaseModel)


def _as(model: type[_MODEL], read: BaseModel) -> _MODEL:
    return model.model_validate(read.model_dump())
