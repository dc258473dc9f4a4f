"""The states of marketplace-service, and what makes it send its messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from seatrial.pacts import Message, Messages, States

if TYPE_CHECKING:
    from contracts.states.published import Published
    from contracts.states.shipped.peers import Peers
    from stubs.database import Database
    from stubs.marketplace import Marketplace
    from stubs.tracing import Tracer

_EVENTS = "job.events"
_AT = "2026-01-01T12:00:00.000Z"
_JOB: Mapping[str, Any] = {
    "companyId": "usr_company",
    "title": "Keep my calendar",
    "description": "Two hours a day, in the morning.",
    "budget": 120_000,
    "currency": "EUR",
}
_PROPOSAL: Mapping[str, Any] = {
    "jobPostingId": "job_1",
    "userId": "usr_va",
    "coverLetter": "I kept three calendars before.",
    "bidAmount": 110_000,
    "bidType": "fixed",
    "deliveryTime": "from Monday on",
}


@dataclass
class MarketplaceSubject:
    """The things that the states change: the service, its database, and those whom it asks."""

    marketplace: Marketplace
    database: Database
    peers: Peers
    tracer: Tracer

    async def forget(self) -> None:
        """Forget everybody."""
        from stubs.marketplace import ResilientUsers

        self.peers.forget()
        users = self.marketplace.users  # it remembers who exists, and who doesn't
        assert isinstance(users, ResilientUsers)
        for cache in (users.client.users, users.client.profiles):
            cache.clear()

    async def post(self, job_id: str, params: Mapping[str, Any] | None = None) -> None:
        """Keep a job under this id; the parameters are its fields as on the wire."""
        from stubs.marketplace import CreateJob

        await self.marketplace.jobs.put(job_id, _made(CreateJob, _JOB, params or {}))

    async def propose(self, params: Mapping[str, Any]) -> None:
        """Keep a job and a proposal for it; the parameters are the proposal's fields."""
        from stubs.marketplace import CreateProposal

        fields = {name: value for name, value in params.items() if name != "id"}
        await self.post(fields.get("jobPostingId", "job_1"))
        request = _made(CreateProposal, _PROPOSAL, fields)
        await self.marketplace.proposals.put(params["id"], request)

    async def delete(self, user_id: str) -> None:
        """A user is gone, and the service was told."""
        from stubs.events import EventType, UserEvent
        from stubs.marketplace import UserDeletions

        event = UserEvent(
            type=EventType.USER_DELETED,
            user_id=user_id,
            data={"id": user_id},
            timestamp=_AT,
            event_id=f"deleted-{user_id}",
            version=2,
            trace_id=None,
        )
        await UserDeletions(self.database, self.tracer).handle(event)


def _made(model: Any, defaults: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    known = {field.alias for field in model.model_fields.values()}
    if unknown := params.keys() - known:
        raise ValueError(f"it has no {', '.join(sorted(unknown))}; mend the state's parameters")
    return model.model_validate({**defaults, **params})


MARKETPLACE_STATES: States[MarketplaceSubject] = States("marketplace-service")
MARKETPLACE_MESSAGES: Messages[Published[MarketplaceSubject]] = Messages("marketplace-service")


@MARKETPLACE_STATES.handler("users exist")
async def users_exist(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """The users of `roles` exist: id → role."""
    subject.peers.users.update(params["roles"])


@MARKETPLACE_STATES.handler("user-service is down")
async def user_service_is_away(subject: MarketplaceSubject, _params: Mapping[str, Any]) -> None:
    """Whether a user exists can't be known."""
    subject.peers.away.add("user-service")


@MARKETPLACE_STATES.handler("payments-service is down")
async def payments_service_is_away(subject: MarketplaceSubject, _params: Mapping[str, Any]) -> None:
    """No payment can be agreed on."""
    subject.peers.away.add("payments-service")


@MARKETPLACE_STATES.handler("payments-service agrees")
async def payments_service_agrees(subject: MarketplaceSubject, _params: Mapping[str, Any]) -> None:
    """Every payment that is asked for is agreed on, as `pay_1`."""
    subject.peers.pays = True


@MARKETPLACE_STATES.handler("a job is open")
async def a_job_is_open(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """A job with the `id` and fields of the parameters was posted."""
    fields = {name: value for name, value in params.items() if name != "id"}
    await subject.post(params["id"], fields)


@MARKETPLACE_STATES.handler("a job is closed")
async def a_job_is_closed(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """A job with this `id` was posted, and is closed."""
    from stubs.marketplace import store

    await subject.post(params["id"])
    async with subject.database.writing() as connection:
        await store.close_jobs(connection, _JOB["companyId"], _AT)


@MARKETPLACE_STATES.handler("a company has jobs")
async def a_company_has_jobs(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """Jobs with these `ids` were posted, the last one last."""
    for job_id in params["ids"]:
        await subject.post(job_id)


@MARKETPLACE_STATES.handler("a proposal is pending")
async def a_proposal_is_pending(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """A proposal with the `id` and fields of the parameters was made for a job."""
    await subject.propose(params)


@MARKETPLACE_STATES.handler("a proposal was accepted")
async def a_proposal_was_accepted(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """A proposal with this `id` was accepted; its payment is `pay_1`."""
    await subject.propose(params)
    subject.peers.pays = True
    await subject.marketplace.proposals.accept(params["id"])
    subject.peers.pays = False


@MARKETPLACE_STATES.handler("a proposal was withdrawn")
async def a_proposal_was_withdrawn(subject: MarketplaceSubject, params: Mapping[str, Any]) -> None:
    """The user of a proposal with this `id` was deleted."""
    await subject.propose(params)
    await subject.delete(_PROPOSAL["userId"])


@MARKETPLACE_STATES.handler("a proposal's company is gone")
async def a_proposals_company_is_gone(
    subject: MarketplaceSubject, params: Mapping[str, Any]
) -> None:
    """The company whose job a proposal with this `id` is for was deleted."""
    await subject.propose(params)
    await subject.delete(_JOB["companyId"])


@MARKETPLACE_MESSAGES.producer("a job was posted")
async def a_job_was_posted(published: Published[MarketplaceSubject]) -> Message:
    """JOB_POSTED of a company that exists."""
    from stubs.marketplace import CreateJob

    async def post(subject: MarketplaceSubject) -> None:
        subject.peers.users["usr_company"] = "company"
        await subject.marketplace.jobs.post(CreateJob.model_validate(_JOB))

    return await published.by(_EVENTS, post)
