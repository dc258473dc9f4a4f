"""The bodies that clients send to payments-service, and read of its answers; see `models`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PaymentStatus = Literal[
    "pending", "processing", "succeeded", "failed", "refunded", "partially_refunded"
]


class _Wire(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore", strict=True
    )


class PaymentIntentRequest(_Wire):
    """Who pays whom, how much, and what for. The amount is in minor units of the currency."""

    payer_id: str
    receiver_id: str
    amount: int
    currency: str
    proposal_id: str | None = None
    job_posting_id: str | None = None
    payment_method: str | None = None


class RefundRequest(_Wire):
    """A reason to give money back, and how much; all that is left unless said."""

    reason: str
    amount: int | None = None


class PaymentIntent(_Wire):
    """A payment that was agreed on; it becomes a `Payment` with the same id."""

    id: str
    payer_id: str
    receiver_id: str
    amount: int
    currency: str
    status: PaymentStatus
    proposal_id: str | None = None
    job_posting_id: str | None = None


class Payment(PaymentIntent):
    """A payment that was processed."""

    refunded_amount: int


class Decline(_Wire):
    """The payer's card was refused: an answer, and no failure of the service."""

    decline_reason: str


class Refund(_Wire):
    """Money that was given back."""

    id: str
    payment_id: str
    amount: int
    currency: str
    reason: str
    status: str
