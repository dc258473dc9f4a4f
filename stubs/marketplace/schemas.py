"""What marketplace-service gives."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


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
