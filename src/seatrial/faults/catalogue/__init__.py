"""The faults of the network that a scenario may ask for, one self-registering file each.

A new fault is a new file here: a frozen dataclass decorated with `@fault`, whose fields carry their
units, and which says what it does to a proxy.
"""

import importlib
import pkgutil

from seatrial.faults.catalogue.base import FaultSpec, ToxicFault, fault, faults

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["FaultSpec", "ToxicFault", "fault", "faults"]
