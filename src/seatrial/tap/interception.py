"""Deciding in code what becomes of each request, and seeing what was said, body by body."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from seatrial.tap.actions.base import Exchange
from seatrial.tap.journal import JournalEntry

CONTENT_BYTES = 64 * 1024
"""The most of a body that is shown; what is longer is cut."""


class Intercept(NamedTuple):
    """What is done to a request in place of passing it on."""

    fault: str | None
    """Its name in the journal; None where it is none."""
    act: Callable[[Exchange], Awaitable[None]]
    """An action's `act`, or anything else that ends the exchange."""


class Interceptor(Protocol):
    """Sees every request of a tap, and may do something else to it than the tap would.

    A tap without one keeps no bodies.
    """

    def arrived(self, entry: JournalEntry, body: bytes) -> Intercept | None:
        """Return what to do to a request whose body has come; None: what the plan says.

        Args:
            entry: the request in the journal.
            body: its beginning, at most `CONTENT_BYTES`.
        """
        ...

    def ended(self, entry: JournalEntry, answer: bytes) -> None:
        """Take the end of a request.

        Args:
            entry: the request in the journal.
            answer: what its consumer was sent as a body, decoded, at most `CONTENT_BYTES`.
        """
        ...
