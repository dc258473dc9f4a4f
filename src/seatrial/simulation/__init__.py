"""Virtual time and a network in memory for asyncio code, unmodified.

A `Simulation` has a clock that jumps to the next timer and a network whose hosts, connections and
faults are objects. asyncio's own transports, servers and streams work on it, and so does what is
built on them: httpx, aiohttp, redis-py, uvicorn, hypercorn.

    from seatrial.simulation import LinkDown, Simulation, serve_asgi

    async def main(sim, app):
        async with serve_asgi(app, "users", 8000), httpx.AsyncClient() as client:
            with sim.link("users", 8000).fault(LinkDown()):
                ...
            await asyncio.sleep(3600)  # takes no time

    with Simulation(seed=1) as sim:
        sim.run(main(sim, sim.load("shop.main:app")))

What it does with what isn't TCP or time:

- `run_in_executor`, `asyncio.to_thread` and AnyIO's worker threads (`def` endpoints) run inline: at
  once, in no virtual time, with no loop in sight. A `time.sleep` in there is refused; one in the
  loop's own code blocks the loop, as it does in reality: the clock moves, and timers come late.
- Threads, processes, datagrams, Unix sockets, TLS, signal handlers, blocking sockets and those of
  the operating system are refused with an `UnsupportedError` that names the application's line, and
  noted in `Simulation.refused`.
- Where every task waits for what can't come any more, the run ends with a `DeadlockError` that
  lists them.

It isn't a model of congestion: room in a buffer is known to the sender at once, and no segment is
lost alone. C extensions read the real clock. What was imported before the simulation and has bound
a function of `time`, or the class `datetime`, is given the stand-in.
"""

from seatrial.simulation.callers import asking_line
from seatrial.simulation.clock import VirtualClock
from seatrial.simulation.errors import (
    DeadlockError,
    SimulationError,
    UnsupportedError,
    WallClockError,
)
from seatrial.simulation.faults import (
    LinkBandwidth,
    LinkBlackHole,
    LinkDown,
    LinkFault,
    LinkLatency,
    LinkRefused,
    LinkReset,
    LinkResetAfter,
    LinkSlices,
    LinkSlowClose,
    LinkTruncation,
    LinkUnreachable,
)
from seatrial.simulation.links import NetworkLink
from seatrial.simulation.loop import SimulatedLoop
from seatrial.simulation.names import Names
from seatrial.simulation.network import Network, NetworkEvent
from seatrial.simulation.processes import SimulatedProcess, process_here
from seatrial.simulation.serving import serve, serve_asgi
from seatrial.simulation.simulation import Simulation
from seatrial.simulation.stand_ins import install, uninstall

__all__ = [
    "DeadlockError",
    "LinkBandwidth",
    "LinkBlackHole",
    "LinkDown",
    "LinkFault",
    "LinkLatency",
    "LinkRefused",
    "LinkReset",
    "LinkResetAfter",
    "LinkSlices",
    "LinkSlowClose",
    "LinkTruncation",
    "LinkUnreachable",
    "Names",
    "Network",
    "NetworkEvent",
    "NetworkLink",
    "SimulatedLoop",
    "SimulatedProcess",
    "Simulation",
    "SimulationError",
    "UnsupportedError",
    "VirtualClock",
    "WallClockError",
    "asking_line",
    "install",
    "process_here",
    "serve",
    "serve_asgi",
    "uninstall",
]
