"""Actions: what the tap does to a request instead of passing it on, one file each.

A new action is a new module here, or in a plugin, with one subclass of `Action`; nothing else needs
to know of it.
"""

import importlib
import pkgutil

from seatrial.tap.actions.base import (
    ACTIONS,
    Action,
    Answering,
    AnyAction,
    Exchange,
    ProviderAnswer,
)

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["ACTIONS", "Action", "Answering", "AnyAction", "Exchange", "ProviderAnswer"]
