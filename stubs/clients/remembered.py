"""A cache that events keep up to date, without being filled by them."""

from typing import TypeVar

from seatrial.resilience import UNVERSIONED, Cache

_VALUE = TypeVar("_VALUE")


class RememberedUsers(Cache[str, _VALUE]):
    """Events change only what somebody asked for here, or is asking for now.

    Kept too, the users that somebody else makes and changes would push out those in use.
    """

    __slots__ = ()

    def refresh(self, user_id: str, value: _VALUE, version: int | None) -> None:
        """The user is this now."""
        if user_id in self:
            self.put(user_id, value, UNVERSIONED if version is None else version)

    def forget(self, user_id: str, version: int | None) -> None:
        """The user is gone; what is on its way here doesn't bring it back."""
        if user_id in self:
            self.drop(user_id, UNVERSIONED if version is None else version)
