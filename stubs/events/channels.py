"""The channels of events; each has a stream of the same name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """A kind of entity whose changes are published.

    Attributes:
        name: of the channel and of the stream.
        id_field: what a message calls the id of the entity that changed.
    """

    name: str
    id_field: str


USER_EVENTS = Channel("user.events", "userId")
JOB_EVENTS = Channel("job.events", "jobId")
PAYMENT_EVENTS = Channel("payment.events", "paymentId")
