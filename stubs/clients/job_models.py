"""The bodies that clients send to marketplace-service, and read of its answers; see `models`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, RootModel
from pydantic.alias_generators import to_camel


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )


class JobPosting(_Wire):
    """A job that a company wants done."""

    id: str
    company_id: str
    title: str
    budget: int
    currency: str


class JobPostings(RootModel[list[JobPosting]]):
    """A bare array of them."""


class ProposalRequest(_Wire):
    """An offer to do a job. The bid is in minor units of the job's currency."""

    job_posting_id: str
    user_id: str
    cover_letter: str
    bid_amount: int
    bid_type: Literal["fixed", "hourly"]
    delivery_time: str


class Proposal(_Wire):
    """A proposal that was made."""

    id: str
    job_posting_id: str
    user_id: str
    bid_amount: int
    status: Literal["pending", "accepted", "rejected", "withdrawn"]
    payment_id: str | None = None
