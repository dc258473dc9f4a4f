"""The faults of the network and of processes, one self-registering file each.

A new fault is a new file here: a frozen dataclass decorated with `@fault`, whose fields carry their
units, and which says what it does to a proxy (`FaultSpec`) or to a service (`ProcessFault`). The
faults of HTTP are the tap's actions.
"""

import importlib
import pkgutil

from seatrial.faults.catalogue.base import (
    Described,
    FaultSpec,
    ProcessFault,
    Target,
    ToxicFault,
    fault,
    faults,
)

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = [
    "Described",
    "FaultSpec",
    "ProcessFault",
    "Target",
    "ToxicFault",
    "fault",
    "faults",
]
