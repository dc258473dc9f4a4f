"""The toxics, one self-registering file each; importing this package registers them all.

A new toxic is a new file here, or a plugin's module (`seatrial.plugins`): a frozen dataclass whose
fields are its attributes as they stand in the API, decorated with `@toxic("type")`, and a `Stage`
that says what it does to the data of one direction of one connection.
"""

import importlib
import pkgutil

from seatrial.faults.engine.toxics.base import (
    ALL_BYTES,
    TOXICS,
    Data,
    Flow,
    Item,
    Receiver,
    Stage,
    Toxic,
    attribute_types,
    toxic,
)

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "ALL_BYTES",
    "TOXICS",
    "Data",
    "Flow",
    "Item",
    "Receiver",
    "Stage",
    "Toxic",
    "attribute_types",
    "toxic",
]
