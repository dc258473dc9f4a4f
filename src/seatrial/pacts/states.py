"""A provider's states: for each name, what brings the provider into it."""

import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from seatrial.errors import UsageError
from seatrial.pacts.files import Interaction

T = TypeVar("T")
Values = Mapping[str, Any] | None
Handler = Callable[[T, Mapping[str, Any]], Awaitable[Values]]


class States(Generic[T]):
    """The states of one provider. Their handlers get the running provider and the parameters.

    ```python
    USER_STATES: States[UserService] = States("user-service")

    @USER_STATES.handler("a user exists")
    async def a_user_exists(service: UserService, params: Mapping[str, Any]) -> None: ...
    ```
    """

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._handlers: dict[str, Handler[T]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The states that have a handler, in order of name."""
        return tuple(sorted(self._handlers))

    def handler(self, name: str) -> Callable[[Handler[T]], Handler[T]]:
        """Register the coroutine function that brings the provider into a state.

        What it returns is given to the interaction as values (`generate.provider_state`).

        Raises:
            TypeError: it isn't a coroutine function: nobody would know whether it ran.
            ValueError: the state has a handler already.
        """

        def register(handler: Handler[T]) -> Handler[T]:
            if not inspect.iscoroutinefunction(handler):
                raise TypeError(f"the handler of {name!r} must be an `async def` without `yield`")
            if name in self._handlers:
                raise ValueError(f"{self.provider} has a handler of {name!r} already")
            self._handlers[name] = handler
            return handler

        return register

    async def set_up(self, name: str, provider: T, params: Mapping[str, Any]) -> Values:
        """Bring the provider into a state.

        Returns:
            The values that the handler gives back.

        Raises:
            UsageError: the state has no handler.
        """
        if name not in self._handlers:
            raise UsageError(self._unknown(name))
        return await self._handlers[name](provider, params)

    def require(self, interactions: Iterable[Interaction]) -> None:
        """Refuse a pact that names a state without a handler, before anything is verified.

        Raises:
            UsageError: it names the interaction and the states that are known.
        """
        for interaction in interactions:
            for name in interaction.state_names:
                if name not in self._handlers:
                    raise UsageError(f"{interaction.subject}: {self._unknown(name)}")

    def _unknown(self, name: str) -> str:
        known = ", ".join(map(repr, self.names)) or "none"
        return (
            f"{self.provider} has no handler of the state {name!r} (known: {known}); "
            "mend the name, or write the handler"
        )
