"""Keeping a client's cache up to date: the other end of `user.events`."""

from pydantic import ValidationError

from stubs.clients.models import SharedUser
from stubs.clients.user import UserServiceClient
from stubs.events import BadEvent, EventType, UserEvent


class UserCacheRefresher:
    """A `UserEventHandler` that hands events to a client's hooks."""

    def __init__(self, client: UserServiceClient) -> None:
        self._client = client
        # Until the stream's end is found, what is remembered may miss an event.
        self.lost()

    async def handle(self, event: UserEvent) -> None:
        """Refresh or drop the user.

        Raises:
            BadEvent: its data isn't a user's.
        """
        if event.type is EventType.USER_DELETED:
            self._client.drop_cached_user(event.user_id, event.version)
        elif event.type is EventType.USER_CREATED:
            self._client.cache_user_data(_user(event))
        else:
            self._client.update_cached_user_data(_user(event))

    def lost(self) -> None:
        """Nothing remembered counts as fresh any more."""
        self._client.users.distrust()
        self._client.profiles.distrust()

    def forgotten(self) -> None:
        """Forget everything."""
        self._client.users.clear()
        self._client.profiles.clear()

    def caught_up(self) -> None:
        """Count what is remembered as fresh again, for its time."""
        self._client.users.trust()
        self._client.profiles.trust()


def _user(event: UserEvent) -> SharedUser:
    try:
        user = SharedUser.model_validate({**event.data, "version": event.version})
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
        raise BadEvent(f"its data isn't a user's: {fields}") from None
    if user.id != event.user_id:
        raise BadEvent("its userId isn't the id in its data")
    return user
