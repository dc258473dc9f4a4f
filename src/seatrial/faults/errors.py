"""Failures of a Toxiproxy.

ToxiproxyError           exit 4: what the server said, and its status
├── NoAnswerError        exit 2: nobody listens there, or nothing came in time
├── BadRequestError      400
├── ProxyNotFoundError   404
├── ToxicNotFoundError   404
├── ProxyExistsError     409
├── ToxicExistsError     409
└── ServerFailedError    5xx, and whatever else isn't success
"""

from seatrial.errors import InvalidRun, UsageError


class ToxiproxyError(InvalidRun):
    """A Toxiproxy didn't do what it was asked."""

    def __init__(self, message: str, status: int | None = None) -> None:
        """Take what is shown to a person, and the answer's status where there was one."""
        super().__init__(message)
        self.status = status


class NoAnswerError(UsageError, ToxiproxyError):
    """Nobody answers at the address, or not in time."""


class BadRequestError(ToxiproxyError):
    """The server can't read or won't accept what was sent."""


class ProxyNotFoundError(ToxiproxyError):
    """There is no proxy of that name (any more)."""


class ToxicNotFoundError(ToxiproxyError):
    """There is no toxic of that name (any more)."""


class ProxyExistsError(ToxiproxyError):
    """The proxy's name is taken."""


class ToxicExistsError(ToxiproxyError):
    """The toxic's name is taken, perhaps in the other direction."""


class ServerFailedError(ToxiproxyError):
    """The server failed, for example to listen on the address."""
