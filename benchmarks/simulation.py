"""The gain of virtual time: requests for a second of processor time, and how much faster than real.

A provider and a consumer under uvicorn, FastAPI and httpx, all in one simulated process.
"""

import asyncio
import time
from typing import Any

from seatrial.simulation import Simulation, serve_asgi

REQUESTS = 2000
CONCURRENT = 8
OUTAGES = 30
OUTAGE_S = 61.0
ROUNDS = 3


def make_app() -> Any:
    """Return an application that answers a small JSON document."""
    import fastapi

    app = fastapi.FastAPI()

    @app.get("/users/{user}")
    async def get_user(user: str) -> dict[str, str]:
        return {"id": user, "name": "Ada"}

    return app


async def carry(sim: Simulation) -> float:
    """Return the processor seconds of many requests."""
    import httpx

    async with (
        serve_asgi(make_app(), "users", 80),
        httpx.AsyncClient(base_url="http://users") as client,
    ):
        await client.get("/users/1")

        async def some() -> None:
            for number in range(REQUESTS // CONCURRENT):
                (await client.get(f"/users/{number}")).raise_for_status()

        began_s = cpu_s()
        await asyncio.gather(*(some() for _ in range(CONCURRENT)))
        return cpu_s() - began_s


async def wait_out(sim: Simulation) -> None:
    """Call, retry with backoff while the provider is down, wait for it, and call again."""
    import httpx

    from seatrial.simulation import LinkDown

    link = sim.link("users", 80)
    async with (
        serve_asgi(make_app(), "users", 80),
        httpx.AsyncClient(base_url="http://users") as client,
    ):
        for _ in range(OUTAGES):
            await client.get("/users/1")
            with link.fault(LinkDown()):
                for backoff_s in (2, 4, OUTAGE_S):
                    try:
                        await client.get("/users/1")
                    except httpx.TransportError:
                        await asyncio.sleep(backoff_s)


def cpu_s() -> float:
    """Return the processor time of this process, which no simulation replaces."""
    return time.process_time()


def figures() -> dict[str, float]:
    """`virtual_requests_per_cpu_s`, and `simulation_x_real`: virtual seconds a CPU second."""
    with Simulation() as sim:
        sim.network.names.add("users")
        spent_s = min(sim.run(carry(sim)) for _ in range(ROUNDS))
    best = 0.0
    for _ in range(ROUNDS):
        with Simulation() as sim:
            sim.network.names.add("users")
            began_s = cpu_s()
            sim.run(wait_out(sim))
            best = max(best, sim.elapsed_s / (cpu_s() - began_s))
    return {"virtual_requests_per_cpu_s": REQUESTS / spent_s, "simulation_x_real": best}


if __name__ == "__main__":
    for name, value in figures().items():
        print(f"{name:32} {value:>14,.1f}")
