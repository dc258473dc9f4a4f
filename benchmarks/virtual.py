"""Chaos in virtual time: the whole set on the reference edge, and requests through tap and httpx.

All figures are processor time of one process, its imports of the applications included.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seatrial.simulation import Simulation
from seatrial.virtual import virtual_edge

ROOT = Path(__file__).parents[1]
REQUESTS = 1000
ROUNDS = 1


async def _app(scope: dict[str, object], receive: object, send: object) -> None:
    """Answer a small JSON document."""
    if scope["type"] != "http":
        return
    assert callable(send)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"12")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b'{"id": "42"}'})


async def _carry() -> float:
    import httpx

    async with (
        virtual_edge(
            _app, client=lambda url: httpx.AsyncClient(base_url=url, trust_env=False)
        ) as edge,
    ):
        await edge.client.get("/users/1")
        began_s = time.process_time()
        for number in range(REQUESTS):
            (await edge.client.get(f"/users/{number}")).raise_for_status()
        took_s = time.process_time() - began_s
        assert len(await edge.journal()) == REQUESTS + 1
        return took_s


def _set_figures() -> dict[str, float]:
    """Return what a run of all scenarios says of itself."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "virtual.json"
        options = ["--virtual", "--no-controls", "--quiet", "--json", str(report)]
        done = subprocess.run(
            [sys.executable, "-m", "seatrial.cli", "chaos", "run", *options],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(
                f"the scenarios in virtual time went wrong:\n{done.stdout}{done.stderr}"
            )
        found: dict[str, float] = json.loads(report.read_text())["figures"]
    return found


def figures() -> dict[str, float]:
    """Run all scenarios, and many requests; of several rounds the best counts."""
    runs = [_set_figures() for _ in range(ROUNDS)]
    best = min(runs, key=lambda run: run["virtual_set_s"])
    carried_s = min(Simulation(wall_limit_s=None).run(_carry()) for _ in range(ROUNDS))
    return {**best, "virtual_requests_per_cpu_s": REQUESTS / carried_s}
