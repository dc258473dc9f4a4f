"""The bodies that payments-service takes and gives."""

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel
from pydantic_core.core_schema import ValidationInfo

from stubs.money import DIGITS_ALONE, Amount, Currency
from stubs.text import NO_NUL, NOT_BLANK

Status = Literal["pending", "processing", "succeeded", "failed", "refunded", "partially_refunded"]

Id = Annotated[str, Field(min_length=1, max_length=128, pattern=NO_NUL)]
Reason = Annotated[str, Field(max_length=1000, pattern=NOT_BLANK)]


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )

    def wire(self) -> bytes:
        """The answer's body; an absent optional field is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()

    def data(self) -> dict[str, Any]:
        """The same for an event."""
        return self.model_dump(by_alias=True, exclude_none=True)


class PaymentIntentRequest(_Wire):
    """The body of `POST /payments/intent`."""

    model_config = ConfigDict(
        populate_by_name=False,  # `payer_id` is a field that isn't known
        json_schema_extra={
            "examples": [
                {"payerId": "usr_c", "receiverId": "usr_v", "amount": 5000, "currency": "EUR"}
            ]
        },
    )

    payer_id: Id
    receiver_id: Id
    amount: Amount
    currency: Currency
    proposal_id: Id | None = None
    job_posting_id: Id | None = None
    payment_method: Id | None = Field(
        default=None, description="What the payer pays with; the acquirer's `pm_ok` unless given."
    )

    @field_validator("receiver_id")
    @classmethod
    def _somebody_else(cls, receiver_id: str, info: ValidationInfo) -> str:
        if receiver_id == info.data.get("payer_id"):
            raise ValueError("nobody pays themselves; it should be another than payerId")
        return receiver_id


class Payment(_Wire):
    """A payment, from its intent on."""

    id: str
    payer_id: str
    receiver_id: str
    amount: int = Field(ge=1, description="Minor units of the currency.")
    currency: str
    proposal_id: str | None = None
    job_posting_id: str | None = None
    payment_method: str | None = None
    status: Status
    refunded_amount: int = Field(ge=0)
    created_at: str
    updated_at: str

    @property
    def left(self) -> int:
        """The rest that can still be refunded, minor units."""
        return self.amount - self.refunded_amount


class RefundRequest(_Wire):
    """The body of `POST /payments/{id}/refund`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "late", "amount": 100}]})

    reason: Reason
    amount: Amount | None = Field(
        default=None, description=f"All that is left unless given; {DIGITS_ALONE}."
    )


class Refund(_Wire):
    """Money that was given back."""

    id: str
    payment_id: str
    amount: int = Field(ge=1)
    currency: str
    reason: str
    status: Literal["succeeded"] = "succeeded"
    created_at: str


class LedgerEntry(_Wire):
    """One side of a transaction; the other has the same `transactionId`."""

    id: str
    transaction_id: str
    payment_id: str
    account: str
    direction: Literal["debit", "credit"]
    amount: int = Field(ge=1)
    currency: str
    created_at: str


class Ledger(_Wire):
    """A page of the ledger, the newest entries first."""

    entries: list[LedgerEntry]


class ReceiptUser(_Wire):
    """Payer or receiver on a receipt: no e-mail."""

    id: str
    role: str
    name: str | None = None
    avatar: str | None = None
    verification_level: str | None = None
    version: int | None = None


class ReceiptJob(_Wire):
    """The job that was paid for."""

    id: str
    title: str


class Receipt(_Wire):
    """A payment with what other services know about it."""

    payment: Payment
    payer: ReceiptUser | None
    receiver: ReceiptUser | None
    job: ReceiptJob | None
    incomplete: list[str] = Field(
        description="The services that could not be asked; what they know is null."
    )

    def wire(self) -> bytes:
        """The answer's body; a part that isn't known is null, and not left out."""
        parts = dict.fromkeys(("payment", "payer", "receiver", "job", "incomplete")) | self.data()
        return json.dumps(parts, separators=(",", ":")).encode()
