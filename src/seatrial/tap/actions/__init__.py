"""Actions: what the tap does to a request instead of passing it on, one file each.

A new action is a new module here with one subclass of `Action`; nothing else needs to know of it.
"""

import importlib
import pkgutil
from functools import reduce
from operator import attrgetter, or_
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from seatrial.tap.actions.base import Action, Exchange, ProviderAnswer

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

ACTIONS: dict[str, type[Action]] = {
    action.kind_name(): action for action in sorted(Action.registered, key=attrgetter("__name__"))
}
"""Every action by its `kind`."""

if TYPE_CHECKING:
    AnyAction = Action
else:
    AnyAction = Annotated[reduce(or_, ACTIONS.values()), Field(discriminator="kind")]

__all__ = ["ACTIONS", "Action", "AnyAction", "Exchange", "ProviderAnswer"]
