"""The outcome of a client's call, as a value: its answer, or which error it raised."""

from collections.abc import Awaitable
from dataclasses import dataclass

from seatrial.resilience import ServiceError


@dataclass(frozen=True)
class Raised:
    """An error of a client.

    Attributes:
        kind: its class.
        status: what the provider answered.
        again_in_s: when it may be asked again, seconds.
    """

    kind: str
    status: int | None = None
    again_in_s: float | None = None


async def outcome(call: Awaitable[object]) -> object:
    """Await a call; an error of the client's becomes a value, any other stays one."""
    try:
        return await call
    except ServiceError as error:
        wait_s = getattr(error, "retry_after_s", None)
        return Raised(type(error).__name__, getattr(error, "status", None), wait_s)
