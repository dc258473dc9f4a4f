"""Faults of the network: Toxiproxy, real or embedded, behind one adapter; a catalogue of faults."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.faults.catalogue.bandwidth import bandwidth
    from seatrial.faults.catalogue.base import FaultSpec, ProcessFault, Target
    from seatrial.faults.catalogue.black_hole import black_hole
    from seatrial.faults.catalogue.down import down
    from seatrial.faults.catalogue.jitter import jitter
    from seatrial.faults.catalogue.killed import killed
    from seatrial.faults.catalogue.latency import latency
    from seatrial.faults.catalogue.paused import paused
    from seatrial.faults.catalogue.reset import reset
    from seatrial.faults.catalogue.reset_midway import reset_midway
    from seatrial.faults.catalogue.slices import slices
    from seatrial.faults.catalogue.slow_close import slow_close
    from seatrial.faults.catalogue.truncated import truncated
    from seatrial.faults.client import Proxy, Toxic, Toxiproxy
    from seatrial.faults.connections import ConnectionRecord
    from seatrial.faults.engines import Engine
    from seatrial.faults.select import open_engine

__all__ = [
    "ConnectionRecord",
    "Engine",
    "FaultSpec",
    "ProcessFault",
    "Proxy",
    "Target",
    "Toxic",
    "Toxiproxy",
    "bandwidth",
    "black_hole",
    "down",
    "jitter",
    "killed",
    "latency",
    "open_engine",
    "paused",
    "reset",
    "reset_midway",
    "slices",
    "slow_close",
    "truncated",
]

_HOMES = {
    "ConnectionRecord": "connections",
    "Engine": "engines",
    "FaultSpec": "catalogue",
    "ProcessFault": "catalogue",
    "Target": "catalogue",
    "Proxy": "client",
    "Toxic": "client",
    "Toxiproxy": "client",
    "open_engine": "select",
}


def __getattr__(name: str) -> Any:
    """Import a name when it is asked for: the engine's process, below this package, needs none."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, f"catalogue.{name}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)
