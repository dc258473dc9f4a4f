"""A provider's states: for each name, what brings the provider into it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, TypeVar

from seatrial.pacts.interactions import Interaction
from seatrial.pacts.provider_functions import ProviderFunctions

T = TypeVar("T")
Values = Mapping[str, Any] | None
Handler = Callable[[T, Mapping[str, Any]], Awaitable[Values]]


class States(ProviderFunctions[Handler[T]], Generic[T]):
    """The states of one provider. Their handlers get the running provider and the parameters.

    ```python
    USER_STATES: States[UserService] = States("user-service")

    @USER_STATES.handler("a user exists")
    async def a_user_exists(service: UserService, params: Mapping[str, Any]) -> None: ...
    ```
    """

    role = "handler of the state"

    @staticmethod
    def needed(interaction: Interaction) -> tuple[str, ...]:
        """The states that an interaction needs."""
        return interaction.state_names

    def handler(self, name: str) -> Callable[[Handler[T]], Handler[T]]:
        """Register the coroutine function that brings the provider into a state.

        What it returns is given to the interaction as values (`generate.provider_state`).

        Raises:
            TypeError: it isn't a coroutine function: nobody would know whether it ran.
            ValueError: the state has a handler already.
        """
        return self._registering(name)

    async def set_up(self, name: str, provider: T, params: Mapping[str, Any]) -> Values:
        """Bring the provider into a state.

        Returns:
            The values that the handler gives back.

        Raises:
            UsageError: the state has no handler.
        """
        return await self._function(name)(provider, params)
