"""What a provider must be able to do for its pacts, by name: reach a state, send a message."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Generic, TypeVar

from seatrial.errors import UsageError
from seatrial.pacts.interactions import Interaction

F = TypeVar("F", bound=Callable[..., Any])


class ProviderFunctions(ABC, Generic[F]):
    """Coroutine functions of one provider, each by the name that pacts have for it."""

    role: ClassVar[str]
    """What each of them is: "handler of the state"."""

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self._functions: dict[str, F] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Those that there is a function for, in order."""
        return tuple(sorted(self._functions))

    @staticmethod
    @abstractmethod
    def needed(interaction: Interaction) -> Iterable[str]:
        """The names that an interaction needs."""

    def require(self, interactions: Iterable[Interaction]) -> None:
        """Refuse a pact with a name that has no function, before anything is verified.

        Raises:
            UsageError: it names the interaction and the names that are known.
        """
        for interaction in interactions:
            for name in self.needed(interaction):
                if name not in self._functions:
                    raise UsageError(f"{interaction.subject}: {self._unknown(name)}")

    def _registering(self, name: str) -> Callable[[F], F]:
        def register(function: F) -> F:
            if not inspect.iscoroutinefunction(function):
                raise TypeError(f"the {self.role} {name!r} must be an `async def` without `yield`")
            if name in self._functions:
                raise ValueError(f"{self.provider} has a {self.role} {name!r} already")
            self._functions[name] = function
            return function

        return register

    def _function(self, name: str) -> F:
        if name not in self._functions:
            raise UsageError(self._unknown(name))
        return self._functions[name]

    def _unknown(self, name: str) -> str:
        known = ", ".join(map(repr, self.names)) or "none"
        return (
            f"{self.provider} has no {self.role} {name!r} (known: {known}); "
            f"fix the name, or write the {self.role.partition(' ')[0]}"
        )
