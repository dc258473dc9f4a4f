"""The load that the reference services stand, and the cost of their server and serialiser.

The card of users in the cache is measured next to a bare FastAPI route that answers with the same
bytes, in turn: a busy machine harms both alike. So are two servers, and four ways to write JSON.
"""

import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil  # comes with locust

from benchmarks._load import Load
from seatrial.system import Process, Session, start_valkey

USERS = 200
ROUNDS = 24
BATCH = 500
START_S = 20.0


class Stand:
    """Both services as they ship, users that are in the cache, and the servers next to them."""

    def __init__(self, session: Session) -> None:
        """Start what every measurement needs."""
        self._session = session
        valkey = start_valkey(session)
        self.user, user_url = self._start(
            "user-service",
            DATABASE_URL=f"sqlite:///{session.dir}/users.sqlite",
            REDIS_URL=valkey.url,
        )
        self._env = {
            "DATABASE_URL": f"sqlite:///{session.dir}/market.sqlite",
            "REDIS_URL": valkey.url,
            "USER_SERVICE_URL": user_url,
        }
        self.market, self.market_url = self._start("marketplace-service", **self._env)
        with httpx.Client(base_url=user_url, trust_env=False) as client:
            self.ids = [self._create(client, number) for number in range(USERS)]

    def next_to(self, server: str, what: str) -> str:
        """Serve the bare routes, or the card, by a server; returns its URL."""
        port = self._session.free_port()
        words = ["python", "-m", "benchmarks._bare", server, what]
        env = {**self._env, "PORT": str(port)}
        self._session.start(f"{what}-{server}", words, env=env)
        return f"http://127.0.0.1:{port}"

    def card(self, url: str) -> Load:
        """The cards, each asked for once so that it is in the cache."""
        _wait(url)
        load = Load(url, [f"/users/{user_id}/card" for user_id in self.ids])
        load.run(2 * USERS)
        return load

    def bare(self, url: str, route: str) -> Load:
        """A bare route, with ids as long as the users'."""
        _wait(url)
        load = Load(url, [f"/{route}/{user_id}" for user_id in self.ids])
        load.run(2 * USERS)
        return load

    def _start(self, name: str, **env: str) -> tuple[Process, str]:
        module = "stubs." + name.removesuffix("-service")
        process = self._session.start(name, ["python", "-m", module], env=env)
        return process, str(process.wait_listening()["url"])

    @staticmethod
    def _create(client: httpx.Client, number: int) -> str:
        body = {"email": f"user-{number}@bench", "role": "va", "name": "Ada Lovelace"}
        answer = client.post("/users", json=body)
        return str(answer.raise_for_status().json()["id"])


def _wait(url: str) -> None:
    until_s = time.monotonic() + START_S
    with httpx.Client(trust_env=False) as client:
        while True:
            try:
                client.get(url)
            except httpx.TransportError:
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.02)
            else:
                return


def interleaved(loads: dict[str, Load], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Requests a second of each load in each round."""
    rates: dict[str, list[float]] = {name: [] for name in loads}
    for _ in range(rounds):
        for name, load in loads.items():
            rates[name].append(load.run(BATCH).rps)
    return rates


def _times(rates: dict[str, list[float]], name: str, base: str) -> float:
    """Return how many times as fast it is: the middle of the rounds."""
    return statistics.median(a / b for a, b in zip(rates[name], rates[base], strict=True))


def _rss_mb(process: Process) -> float:
    return float(psutil.Process(process.pid).memory_info().rss) / 1e6


def _waits(load: Load) -> dict[str, float]:
    """Measure how long a card takes below the server's limit: one at a time."""
    waits = [wait for _ in range(4) for wait in load.run(BATCH).waits_s]
    cuts = statistics.quantiles(waits, n=100)
    return {"card_p50_ms": 1e3 * cuts[49], "card_p99_ms": 1e3 * cuts[98]}


def card_figures() -> dict[str, float]:
    """The card and the bare route, both by uvicorn; memory of a service."""
    with Session() as session:
        stand = Stand(session)
        card = stand.card(stand.market_url)
        rates = interleaved(
            {"card": card, "bare": stand.bare(stand.next_to("uvicorn", "bare"), "bytes")}
        )
        alone = Load(stand.market_url, [f"/users/{each}/card" for each in stand.ids], 1)
        return {
            "card_rps": statistics.median(rates["card"]),
            "bare_rps": statistics.median(rates["bare"]),
            "card_x_bare": _times(rates, "card", "bare"),
            **_waits(alone),
            "service_rss_mb": max(map(_rss_mb, (stand.user, stand.market))),
        }


def choice_figures() -> dict[str, float]:
    """Servers and serialisers side by side: each as a multiple of bytes by uvicorn."""
    with Session() as session:
        stand = Stand(session)
        # They start side by side.
        urls = {
            (server, what): stand.next_to(server, what)
            for server in ("uvicorn", "granian")
            for what in ("card", "bare")
        }
        uvicorn, granian = urls["uvicorn", "bare"], urls["granian", "bare"]
        loads = {
            f"{server}_card": stand.card(urls[server, "card"]) for server in ("uvicorn", "granian")
        }
        for route in ("bytes", "msgspec", "pydantic", "framework"):
            loads[f"uvicorn_{route}"] = stand.bare(uvicorn, route)
        loads["granian_bytes"] = stand.bare(granian, "bytes")
        rates = interleaved(loads, ROUNDS // 2)
        return {
            f"choice_{name}_x_bytes": _times(rates, name, "uvicorn_bytes")
            for name in loads
            if name != "uvicorn_bytes"
        }


def up_figures() -> dict[str, float]:
    """From `seatrial up --gateway` to its file, seconds: the best of a few, warm."""
    times = []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "up.json"
            program = Path(sys.executable).with_name("seatrial")
            began_s = time.perf_counter()
            process = subprocess.Popen(
                [program, "up", "--gateway", "--json", file],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while not file.exists() and process.poll() is None:
                time.sleep(0.005)
            times.append(time.perf_counter() - began_s)
            json.loads(file.read_text())
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    return {"up_s": min(times)}


def figures() -> dict[str, float]:
    """All of them."""
    return {**card_figures(), **choice_figures(), **up_figures()}
