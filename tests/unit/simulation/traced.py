"""A run with everything that chance could touch, and the trace of what arrived when.

`python -m tests.unit.simulation.traced SEED` prints the trace.
"""

import asyncio
import random
import sys
import uuid

from seatrial.simulation import LinkLatency, LinkResetAfter, LinkSlices, Simulation, serve_asgi


def trace(seed: int) -> list[str]:
    """Return a line for each piece that arrived: when, where, and its bytes."""
    lines: list[str] = []
    with Simulation(seed=seed) as sim:
        import fastapi
        import httpx

        app = fastapi.FastAPI()

        @app.get("/users/{user}")
        async def get_user(user: str) -> dict[str, str]:
            await asyncio.sleep(random.expovariate(10))
            return {"id": user, "trace": str(uuid.uuid4())}

        @app.get("/sync")
        def sync() -> list[str]:
            return sorted({"a", "b", str(random.random())})

        async def call(client: httpx.AsyncClient, number: int) -> None:
            await asyncio.sleep(random.random())
            for attempt in range(3):
                try:
                    await client.get(f"/users/{number}", headers={"x-id": str(uuid.uuid4())})
                    await client.get("/sync")
                except httpx.HTTPError:
                    await asyncio.sleep(2**attempt * random.random())

        async def main() -> None:
            async with (
                serve_asgi(app, "users", 80),
                httpx.AsyncClient(base_url="http://users", timeout=0.3) as client,
            ):
                link = sim.link("users", 80)
                link.add(LinkLatency(0.05, 0.04))
                link.add(LinkSlices(60, 30, pause_s=0.001))
                calls = [asyncio.create_task(call(client, n)) for n in range(20)]
                await asyncio.sleep(0.5)
                with link.fault(LinkResetAfter(300)):
                    await asyncio.sleep(0.5)
                await asyncio.gather(*calls)

        sim.network.observer = lambda event: lines.append(repr(event))
        sim.run(main())
    return lines


if __name__ == "__main__":
    sys.stdout.write("\n".join(trace(int(sys.argv[1]))) + "\n")
