"""The bodies that the acquirer takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from stubs.money import Amount, Currency
from stubs.text import NO_NUL

Text = Annotated[str, Field(min_length=1, max_length=128, pattern=NO_NUL)]
ChargeStatus = Literal["charged", "declined", "voided"]


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    def wire(self) -> bytes:
        """The answer's body; an absent optional field is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class ChargeRequest(_Wire):
    """The body of `PUT /charges/{reference}`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"amount": 5000, "currency": "EUR", "method": "pm_ok"}]}
    )

    amount: Amount
    currency: Currency
    method: Text = Field(
        description="pm_ok, pm_declined, pm_slow, pm_hangs or pm_charged_no_answer."
    )


class Charge(_Wire):
    """The end of a reference. Only a `charged` one moved money."""

    reference: str
    status: ChargeStatus
    amount: int | None = None
    currency: str | None = None
    reason: str | None = Field(default=None, description="Why it was declined.")
    created_at: str


class Charges(_Wire):
    """Every charge that moved money, the oldest first."""

    charges: list[Charge]
