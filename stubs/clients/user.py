"""The clients of user-service."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import ValidationError

from seatrial.resilience import (
    BadAnswer,
    CircuitBreaker,
    Lookup,
    Operation,
    Policy,
    Retry,
    compose,
    send,
)
from stubs.clients.models import Role, SharedUser, UserProfile
from stubs.clients.remembered import RememberedUsers
from stubs.clients.settings import ClientSettings, read_user_client
from stubs.health import Check, live_check
from stubs.settings import Environment
from stubs.tracing import current_trace_id

_MODEL = TypeVar("_MODEL", bound=UserProfile)
_Fetch = Callable[[str], Awaitable[_MODEL | None]]

SERVICE = "user-service"
# httpx assigns connections in quadratic time.
_CONNECTIONS = httpx.Limits(max_connections=10, max_keepalive_connections=10, keepalive_expiry=2.0)
_NO_USER = (".", "..", "")  # a URL's path can't hold them


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
        self._http = httpx.AsyncClient(
            base_url=self.settings.base_url,
            timeout=self.settings.retry.try_timeout_s,
            limits=_CONNECTIONS,
            transport=transport,
            trust_env=False,
        )
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
        """Whether there is such a user, in the role if one is named.

        Raises:
            ServiceError: it can't be known.
        """
        user = await self.get_user_by_id(user_id)
        return user is not None and required_role in (None, user.role)

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
        """A user is new: whoever was told that there is none is told otherwise."""
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

    def _guard(
        self, fetch: _Fetch[_MODEL], operation: Operation
    ) -> Callable[[str], Awaitable[_MODEL | None]]:
        """What stands between cache and request: here nothing."""
        return fetch

    def _fetch(self, model: type[_MODEL], path: str, name: str) -> tuple[_Fetch[_MODEL], Operation]:
        operation = Operation(SERVICE, name, trace_id=current_trace_id)

        async def fetch(user_id: str) -> _MODEL | None:
            if user_id in _NO_USER:
                return None
            request = self._http.build_request(
                "GET", path.format(quote(user_id, safe="")), headers=_trace_header()
            )
            answer = await send(self._http, request, operation, accept={404})
            if answer.status_code == httpx.codes.NOT_FOUND:
                return None
            return _read(model, answer, operation)

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
        self.breaker = breaker or CircuitBreaker(settings.breaker, name=SERVICE, clock=clock)
        self.retry = retry or Retry(settings.retry, clock=clock)
        policies: tuple[Policy, Policy] = (self.breaker, self.retry)
        self._policies = compose(
            *(policies if settings.order == "around-retry" else policies[::-1])
        )
        super().__init__(settings, transport=transport, clock=clock)

    def _guard(
        self, fetch: _Fetch[_MODEL], operation: Operation
    ) -> Callable[[str], Awaitable[_MODEL | None]]:
        return self._policies(fetch, operation)


def _version(user: UserProfile) -> int:
    return -1 if user.version is None else user.version


def _trace_header() -> dict[str, str]:
    trace_id = current_trace_id()
    return {} if trace_id is None else {"x-trace-id": trace_id}


def _read(model: type[_MODEL], answer: httpx.Response, operation: Operation) -> _MODEL:
    try:
        return model.model_validate_json(answer.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the body"
        bad = BadAnswer(f"bad answer: {where}: {first['msg']}")
        operation.sign(bad)
        raise bad from error
