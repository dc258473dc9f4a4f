"""The clients of user-service."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

from seatrial.resilience import (
    CircuitBreaker,
    Lookup,
    Operation,
    Retry,
    ServiceError,
    Unavailable,
    send,
)
from stubs.clients.calls import (
    UNASKABLE_IDS,
    Policies,
    open_client,
    read_answer,
    segment,
)
from stubs.clients.models import Role, SharedUser, UserProfile
from stubs.clients.remembered import RememberedUsers
from stubs.clients.settings import ClientSettings, read_user_client
from stubs.health import Check, live_check
from stubs.settings import Environment
from stubs.tracing import current_trace_id, trace_headers

_MODEL = TypeVar("_MODEL", bound=UserProfile)
_Fetch = Callable[[str], Awaitable[_MODEL | None]]

SERVICE = "user-service"


class UserServiceClient:
    """Asks user-service, and remembers its answers for a time.

    `None` is always its 404 and nothing else; what else goes wrong is a
    `seatrial.resilience.ServiceError`. Use it as a context manager, or close it.

    Args:
        settings: where the service is and how it is asked; read from the environment unless given.
        transport: what requests go through; httpx's own unless given.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or read_user_client(Environment())
        self._http = open_client(self.settings, transport)
        self.users: RememberedUsers[SharedUser] = RememberedUsers(
            self.settings.cache, version_of=_version, name="users", clock=clock
        )
        self.profiles: RememberedUsers[UserProfile] = RememberedUsers(
            self.settings.cache, version_of=_version, name="profiles", clock=clock
        )
        self._load_user = self._guard(*self._fetch(SharedUser, "/users/{}", "get_user_by_id"))
        self._load_profile = self._guard(
            *self._fetch(UserProfile, "/users/{}/profile", "get_basic_profile")
        )

    async def get_user_by_id(self, user_id: str) -> SharedUser | None:
        """The user with its e-mail address; None when there is none.

        Raises:
            ServiceError: it can't be known.
        """
        return (await self.look_up_user(user_id)).value

    async def get_basic_profile(self, user_id: str) -> UserProfile | None:
        """The user without its e-mail address; None when there is none.

        Raises:
            ServiceError: it can't be known.
        """
        return (await self.look_up_profile(user_id)).value

    async def validate_user(self, user_id: str, required_role: Role | None = None) -> bool:
        """Return whether there is such a user, in the role if one is named.

        What may be shown when nothing better is known must not decide: an old answer doesn't count.

        Raises:
            ServiceError: it can't be known.
        """
        found = await self.look_up_user(user_id)
        if found.source == "stale":
            raise self._only_old("validate_user")
        return found.value is not None and required_role in (None, found.value.role)

    async def look_up_user(self, user_id: str) -> Lookup[SharedUser]:
        """As `get_user_by_id`, saying too where the answer comes from.

        Raises:
            ServiceError: it can't be known.
        """
        return await self.users.get(user_id, self._load_user)

    async def look_up_profile(self, user_id: str) -> Lookup[UserProfile]:
        """As `get_basic_profile`, saying too where the answer comes from.

        Raises:
            ServiceError: it can't be known.
        """
        return await self.profiles.get(user_id, self._load_profile)

    def cache_user_data(self, user: SharedUser) -> None:
        """A user is new: that there is none isn't remembered any more."""
        self.update_cached_user_data(user)

    def update_cached_user_data(self, user: SharedUser) -> None:
        """A user has changed; an older version than the one remembered changes nothing."""
        self.users.refresh(user.id, user, user.version)
        self.profiles.refresh(user.id, user.profile, user.version)

    def drop_cached_user(self, user_id: str, version: int | None = None) -> None:
        """A user is gone."""
        self.users.forget(user_id, version)
        self.profiles.forget(user_id, version)

    def check(self) -> Check:
        """A health check that asks whether user-service lives."""
        return live_check(self._http, self.settings.base_url)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def _only_old(self, operation: str) -> ServiceError:
        error = Unavailable("only an old answer is known")
        Operation(SERVICE, operation, trace_id=current_trace_id).annotate(error)
        return error

    def _guard(
        self, fetch: _Fetch[_MODEL], operation: Operation
    ) -> Callable[[str], Awaitable[_MODEL | None]]:
        """Put policies between cache and request: here none."""
        return fetch

    def _fetch(self, model: type[_MODEL], path: str, name: str) -> tuple[_Fetch[_MODEL], Operation]:
        operation = Operation(SERVICE, name, trace_id=current_trace_id)

        async def fetch(user_id: str) -> _MODEL | None:
            if user_id in UNASKABLE_IDS:
                return None
            request = self._http.build_request(
                "GET", path.format(segment(user_id)), headers=trace_headers()
            )
            answer = await send(self._http, request, operation, accept={404})
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            return read_answer(model, answer, operation)

        return fetch, operation


class ResilientUserServiceClient(UserServiceClient):
    """The same, with a breaker around a retry between cache and request, or inside it.

    Args:
        settings: as for `UserServiceClient`.
        transport: as for `UserServiceClient`.
        clock: monotonic seconds, of cache, breaker and retry.
        breaker: one of one's own; made from the settings unless given.
        retry: one of one's own; made from the settings unless given.
    """

    def __init__(
        self,
        settings: ClientSettings | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        breaker: CircuitBreaker | None = None,
        retry: Retry | None = None,
    ) -> None:
        settings = settings or read_user_client(Environment())
        self._policies = Policies(SERVICE, settings, clock=clock, breaker=breaker, retry=retry)
        self.breaker, self.retry = self._policies.breaker, self._policies.retry
        super().__init__(settings, transport=transport, clock=clock)

    def _only_old(self, operation: str) -> ServiceError:
        error = super()._only_old(operation)
        error.retry_after_s = self.breaker.snapshot().retry_after_s
        return error

    def _guard(
        self, fetch: _Fetch[_MODEL], operation: Operation
    ) -> Callable[[str], Awaitable[_MODEL | None]]:
        return self._policies.around(fetch, operation)


def _version(user: UserProfile) -> int:
    return -1 if user.version is None else user.version
