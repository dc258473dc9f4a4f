"""The bodies that user-service takes and gives."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from stubs.text import EMAIL, HTTP_URL, NO_NUL

Role = Literal["company", "va"]
VerificationLevel = Literal["basic", "verified", "premium"]

Text = Annotated[str, Field(max_length=200, pattern=NO_NUL)]
Email = Annotated[str, Field(max_length=254, pattern=EMAIL)]
Url = Annotated[str, Field(max_length=2048, pattern=HTTP_URL)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    def wire(self) -> bytes:
        """The answer's body; an absent optional field is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class UserProfile(_Wire):
    """The part of a user that other services read: no e-mail."""

    id: str
    role: Role
    name: str | None = None
    avatar: str | None = None
    verification_level: VerificationLevel | None = None
    version: int = Field(ge=1, description="The user's revision; it only grows.")


class SharedUser(UserProfile):
    """A user."""

    email: str

    def profile(self) -> UserProfile:
        """The user without what is private."""
        return UserProfile.model_validate(self.model_dump(exclude={"email"}))

    def event_data(self) -> dict[str, Any]:
        """The `data` of an event about the user."""
        return self.model_dump(by_alias=True, exclude={"version"}, exclude_none=True)


class CreateUser(_Wire):
    """The body of `POST /users`."""

    model_config = ConfigDict(
        populate_by_name=False,  # `verification_level` is a field that isn't known
        json_schema_extra={"examples": [{"email": "va@example.com", "role": "va", "name": "Ada"}]},
    )

    email: Email
    role: Role
    name: Text | None = None
    avatar: Url | None = None
    verification_level: VerificationLevel | None = None


def _describe_patch(schema: dict[str, Any]) -> None:
    # Absent isn't a value: a client that fills defaults in would clear what it didn't mean.
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["examples"] = [{"name": "Ada Lovelace"}]


class PatchUser(_Wire):
    """The body of `PATCH /users/{id}`: absent leaves a field as it is, null clears it."""

    model_config = ConfigDict(populate_by_name=False, json_schema_extra=_describe_patch)

    # The defaults are never used: what wasn't given isn't changed.
    email: Email = ""
    role: Role = "va"
    name: Text | None = None
    avatar: Url | None = None
    verification_level: VerificationLevel | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were given, by their Python names."""
        return self.model_dump(exclude_unset=True)
