"""Proposals: who may make one, and what accepting one does."""

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Protocol
from weakref import WeakValueDictionary

from seatrial.resilience import Rejected, Unavailable
from stubs.clients import PaymentIntent, PaymentIntentRequest, StillRunning
from stubs.database import Database
from stubs.marketplace import store
from stubs.marketplace.jobs import JobNotFoundError, JobService, NotAllowedError, UserCheck
from stubs.marketplace.schemas import CreateProposal, JobPosting, Proposal
from stubs.tracing.tracer import now_iso

_ID = re.compile(r"[A-Za-z0-9._~-]{1,36}", re.ASCII)
_LONGEST_WAIT_S = 1.0
_WAITS = 3
_UNPROCESSABLE = 422


class ProposalNotFoundError(Exception):
    """No proposal has this id."""


class JobClosedError(Exception):
    """Nobody can propose for this job any more."""


class NotAcceptableError(Exception):
    """The proposal can't be accepted; the text says why."""


class Payments(Protocol):
    """Agrees on payments."""

    async def create_payment_intent(
        self, request: PaymentIntentRequest, *, idempotency_key: str | None = None
    ) -> PaymentIntent:
        """Make an intent; the same key and request give the same one again.

        Raises:
            StillRunning: the first request with this key hasn't ended.
            Rejected: with status 422, payer or receiver are unknown.
            ServiceError: it can't be known whether it was made.
        """


class ProposalService:
    """Proposals for jobs.

    Args:
        database: where they are kept.
        jobs: what they are for.
        users: who says whether somebody is a VA.
        payments: who agrees on the payment when one is accepted.
        new_id: makes the id of a new one.
        now: the time now, ISO 8601.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        database: Database,
        jobs: JobService,
        users: UserCheck,
        payments: Payments,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
        now: Callable[[], str] = now_iso,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._users = users
        self._payments = payments
        self._new_id = new_id
        self._now = now
        self._sleep = sleep
        # One after the other, of those who accept the same proposal in this process.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def submit(self, request: CreateProposal) -> Proposal:
        """Propose to do a job; refused in this order.

        Raises:
            JobNotFoundError: there is no such job.
            JobClosedError: it is closed.
            NotAllowedError: the user isn't known, or isn't a VA.
            ServiceError: that can't be known now.
            ProposedTwiceError: the user has proposed for it before.
        """
        _refuse_closed(await self._jobs.get(request.job_posting_id))
        if not await self._users.has_role(request.user_id, "va"):
            raise NotAllowedError("There is no VA with this userId.")
        return await self.put(self._new_id(), request)

    async def put(self, proposal_id: str, request: CreateProposal) -> Proposal:
        """Propose under an id of one's own, whoever proposes; for tests and data.

        Raises:
            JobNotFoundError: there is no such job.
            JobClosedError: it is closed.
            NotAllowedError: the user was deleted.
            ProposedTwiceError: the user has proposed for it before.
        """
        now = self._now()
        proposal = Proposal(
            **dict(request), id=proposal_id, status="pending", created_at=now, updated_at=now
        )
        async with self._database.writing() as connection:
            # The user first, as whoever cleans up after a user does.
            user = await store.hold_user(connection, proposal.user_id)
            job = await store.find_job(connection, proposal.job_posting_id, to_change=True)
            if job is None:
                raise JobNotFoundError(proposal.job_posting_id)
            _refuse_closed(job)
            if user.gone:
                raise NotAllowedError("The VA with this userId was deleted.")
            await store.add_proposal(connection, proposal)
            await store.count_proposal(connection, job.id)
        return proposal

    async def get(self, proposal_id: str) -> Proposal:
        """The proposal with this id.

        Raises:
            ProposalNotFoundError: there is none, or it can't be an id.
        """
        if not _ID.fullmatch(proposal_id):
            raise ProposalNotFoundError(proposal_id)
        async with self._database.reading() as connection:
            proposal = await store.find_proposal(connection, proposal_id)
        if proposal is None:
            raise ProposalNotFoundError(proposal_id)
        return proposal

    async def accept(self, proposal_id: str) -> Proposal:
        """Accept a proposal, and agree on its payment; doing it again changes nothing.

        The intent's key is the proposal's own, so however often this is cut off half-way and
        repeated, by whatever process, there is one intent.

        Raises:
            ProposalNotFoundError: there is none with this id.
            NotAcceptableError: it was withdrawn or rejected, or who would pay or be paid is gone.
            ServiceError: payments can't be reached; repeat it.
        """
        await self.get(proposal_id)  # an unknown id takes no turn
        turn = self._turns.setdefault(proposal_id, asyncio.Lock())
        async with turn:
            for _ in range(_WAITS):
                proposal = await self.get(proposal_id)
                if proposal.status == "accepted":
                    return proposal
                intent_request = await self._intent(proposal)
                try:
                    intent = await self._agree(proposal_id, intent_request)
                except StillRunning as error:  # another process is at it
                    wait_s = error.retry_after_s or _LONGEST_WAIT_S
                    await self._sleep(min(wait_s, _LONGEST_WAIT_S))
                    continue
                return await self._settle(proposal_id, intent.id)
        raise Unavailable("an earlier acceptance is still running", service="payments-service")

    async def _intent(self, proposal: Proposal) -> PaymentIntentRequest:
        """Return what is to be paid by whom to whom.

        Raises:
            NotAcceptableError: it can't be accepted.
        """
        if proposal.status != "pending":
            raise NotAcceptableError(f"The proposal is {proposal.status}.")
        job = await self._jobs.get(proposal.job_posting_id)
        async with self._database.reading() as connection:
            gone = await store.is_gone(connection, job.company_id)
        if gone or job.status == "closed":
            raise NotAcceptableError("The job's company is gone.")
        return PaymentIntentRequest(
            payer_id=job.company_id,
            receiver_id=proposal.user_id,
            amount=proposal.bid_amount,
            currency=job.currency,
            proposal_id=proposal.id,
            job_posting_id=job.id,
        )

    async def _agree(self, proposal_id: str, request: PaymentIntentRequest) -> PaymentIntent:
        try:
            return await self._payments.create_payment_intent(
                request, idempotency_key=f"proposal-{proposal_id}"
            )
        except StillRunning:
            raise
        except Rejected as error:
            if error.status == _UNPROCESSABLE:
                raise NotAcceptableError(
                    "Who would pay or be paid isn't known any more."
                ) from error
            raise

    async def _settle(self, proposal_id: str, payment_id: str) -> Proposal:
        async with self._database.writing() as connection:
            await store.accept_proposal(connection, proposal_id, payment_id, self._now())
        proposal = await self.get(proposal_id)
        if proposal.status != "accepted":  # its user was deleted in between
            raise NotAcceptableError(f"The proposal is {proposal.status}.")
        return proposal


def _refuse_closed(job: JobPosting) -> None:
    if job.status == "closed":
        raise JobClosedError(job.id)
