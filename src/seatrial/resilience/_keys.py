"""The cache's key of a call: its only argument, or all of them in the order of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from inspect import Parameter, Signature, signature
from typing import Any

_BY_POSITION = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


class KeyMaker:
    """Makes the key of a call, however its arguments are given.

    Args:
        call: whose arguments they are.

    Attributes:
        parameter: the name of the call's only parameter, whose value is the key; None where there
            are others, or it has a default.
    """

    __slots__ = ("_by_position", "_signature", "parameter")

    def __init__(self, call: Callable[..., object]) -> None:
        self._signature: Signature | None
        try:
            self._signature = signature(call)
        except (TypeError, ValueError):  # a callable that doesn't say
            self._signature = None
        parameters = [] if self._signature is None else list(self._signature.parameters.values())
        self._by_position = bool(parameters) and all(
            parameter.kind in _BY_POSITION for parameter in parameters
        )
        self.parameter: str | None = None
        if self._by_position and len(parameters) == 1 and parameters[0].default is Parameter.empty:
            self.parameter = parameters[0].name

    def __call__(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Hashable:
        """Return the key.

        Raises:
            TypeError: the call can't be made with these arguments.
        """
        if self._signature is not None:
            bound = self._signature.bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, bound.kwargs
        if self._by_position and len(args) == 1:
            return args[0]  # type: ignore[no-any-return]
        return args if self._by_position else (args, tuple(sorted(kwargs.items())))
