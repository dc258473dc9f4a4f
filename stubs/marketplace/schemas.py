"""The bodies that marketplace-service takes and gives."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from stubs.money import DIGITS_ALONE, Amount, Currency
from stubs.text import NO_NUL

EntityId = Annotated[str, Field(min_length=1, max_length=128, pattern=NO_NUL)]
Line = Annotated[str, Field(min_length=1, max_length=200, pattern=NO_NUL)]
LongText = Annotated[str, Field(min_length=1, max_length=10_000, pattern=NO_NUL)]
Words = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=50, pattern=NO_NUL)]],
    Field(max_length=50),
]
JobStatus = Literal["open", "closed"]
ProposalStatus = Literal["pending", "accepted", "rejected", "withdrawn"]


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    def wire(self) -> bytes:
        """The answer's body; an absent optional field is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class _Request(_Wire):
    model_config = ConfigDict(populate_by_name=False)


class RateRange(_Request):
    """A rate for an hour: minor units, both bounds belong to it."""

    min: Amount
    max: Amount

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError("min is more than max")
        return self


class CreateJob(_Request):
    """The body of `POST /jobs`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "companyId": "usr_company",
                    "title": "Keep my calendar",
                    "description": "Two hours a day, in the morning.",
                    "budget": 120_000,
                    "currency": "EUR",
                }
            ]
        }
    )

    company_id: EntityId
    title: Line
    description: LongText
    rate_range: RateRange | None = None
    budget: Amount = Field(description=f"Minor units of the currency, {DIGITS_ALONE}.")
    currency: Currency
    tags: Words | None = None
    skills_required: Words | None = None
    remote: bool | None = None


class JobPosting(_Wire):
    """A job posting."""

    id: str
    company_id: str
    title: str
    description: str
    rate_range: RateRange | None = None
    budget: int = Field(description="Minor units of the currency.")
    currency: str
    tags: list[str] = []
    skills_required: list[str] = []
    remote: bool = False
    status: JobStatus
    proposal_count: int = Field(ge=0, description="All that were ever made.")
    created_at: str
    updated_at: str

    def event_data(self) -> dict[str, Any]:
        """The `data` of an event about it."""
        return self.model_dump(by_alias=True, exclude_none=True)


class CreateProposal(_Request):
    """The body of `POST /proposals`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "jobPostingId": "job_1",
                    "userId": "usr_va",
                    "coverLetter": "I kept three calendars before.",
                    "bidAmount": 110_000,
                    "bidType": "fixed",
                    "deliveryTime": "from Monday on",
                }
            ]
        }
    )

    job_posting_id: Annotated[str, Field(pattern=NO_NUL)]
    user_id: EntityId
    cover_letter: LongText
    bid_amount: Amount = Field(description=f"Minor units of the job's currency, {DIGITS_ALONE}.")
    bid_type: Literal["fixed", "hourly"]
    delivery_time: Line


class Proposal(_Wire):
    """A proposal: what a user would do a job for."""

    id: str
    job_posting_id: str
    user_id: str
    cover_letter: str
    bid_amount: int
    bid_type: Literal["fixed", "hourly"]
    delivery_time: str
    status: ProposalStatus
    payment_id: str | None = Field(default=None, description="Once it is accepted.")
    created_at: str
    updated_at: str


class CardUser(BaseModel):
    """A user on a card: no e-mail."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    id: str
    role: Literal["company", "va"]
    name: str | None = None
    avatar: str | None = None
    verification_level: Literal["basic", "verified", "premium"] | None = None
    version: int | None = None


class Card(BaseModel):
    """The answer of `GET /users/{id}/card`."""

    user: CardUser
    source: Literal["cache", "origin", "stale"] = Field(
        description="Fresh from memory, just asked, or old because it can't be asked now."
    )
