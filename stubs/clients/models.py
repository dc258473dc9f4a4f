"""Models of other services' answers: small ones of the clients' own, read tolerantly.

An absent optional field and a null one are the same, and a field that isn't known is ignored.
They are not the providers' models: were they shared, a renamed field would change both sides at
once, and no contract could notice.
"""

from functools import cached_property
from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

Role = Literal["company", "va"]


class UserProfile(BaseModel):
    """A user as other services may see it."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    id: str
    role: Role
    name: str | None = None
    avatar: str | None = None
    verification_level: Literal["basic", "verified", "premium"] | None = None
    version: int | None = None

    @cached_property
    def wire(self) -> bytes:
        """JSON without the fields that are absent; made once, since a cached user is sent often."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class SharedUser(UserProfile):
    """A user with its e-mail address."""

    email: str

    @cached_property
    def profile(self) -> UserProfile:
        """The user without its e-mail address."""
        return UserProfile.model_validate(self.model_dump(exclude={"email"}))
