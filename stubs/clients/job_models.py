"""What the clients read of marketplace-service's answers; see `models`."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


class JobPosting(BaseModel):
    """A job that a company wants done."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    id: str
    company_id: str
    title: str
    budget: int
    currency: str
