"""Faults of the network: Toxiproxy, real or embedded, behind one adapter; a catalogue of faults."""

from typing import TYPE_CHECKING

from seatrial.lazy import lazy

if TYPE_CHECKING:
    from seatrial.faults.catalogue.bandwidth import bandwidth
    from seatrial.faults.catalogue.base import (
        FaultSpec,
        ProcessFault,
        Target,
        ToxicFault,
        fault,
        faults,
    )
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
    from seatrial.faults.client import Proxy, Stream, ToxicState, Toxiproxy
    from seatrial.faults.connections import ConnectionRecord
    from seatrial.faults.engines import Engine
    from seatrial.faults.errors import (
        BadRequestError,
        ToxicExistsError,
        ToxicNotFoundError,
        ToxiproxyError,
    )
    from seatrial.faults.select import find_server, open_engine, start_embedded, start_server

__all__ = [
    "BadRequestError",
    "ConnectionRecord",
    "Engine",
    "FaultSpec",
    "ProcessFault",
    "Proxy",
    "Stream",
    "Target",
    "ToxicExistsError",
    "ToxicFault",
    "ToxicNotFoundError",
    "ToxicState",
    "Toxiproxy",
    "ToxiproxyError",
    "bandwidth",
    "black_hole",
    "down",
    "fault",
    "faults",
    "find_server",
    "jitter",
    "killed",
    "latency",
    "open_engine",
    "paused",
    "reset",
    "reset_midway",
    "slices",
    "slow_close",
    "start_embedded",
    "start_server",
    "truncated",
]

_FAULTS = (
    "bandwidth",
    "black_hole",
    "down",
    "jitter",
    "killed",
    "latency",
    "paused",
    "reset",
    "reset_midway",
    "slices",
    "slow_close",
    "truncated",
)
# The embedded engine's process, below this package, needs none of these.
__getattr__ = lazy(
    __name__,
    {
        **{f"catalogue.{name}": name for name in _FAULTS},
        "catalogue": "FaultSpec ProcessFault Target ToxicFault fault faults",
        "client": "Proxy Stream ToxicState Toxiproxy",
        "connections": "ConnectionRecord",
        "engines": "Engine",
        "errors": "BadRequestError ToxicExistsError ToxicNotFoundError ToxiproxyError",
        "select": "find_server open_engine start_embedded start_server",
    },
)
