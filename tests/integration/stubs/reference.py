"""The reference system as real processes, for these tests."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from seatrial.system import Process, Session, Valkey, start_valkey

ROOT = Path(__file__).parents[3]
SOON_S = 2.0  # how soon a change must be seen while Redis is up


@dataclass
class Reference:
    """user-service, one or more marketplace-services, and Valkey; `http` asks them."""

    session: Session
    valkey: Valkey
    user: Process
    user_url: str
    markets: list[Process]
    market_urls: list[str]
    http: httpx.Client

    def create(self, email: str, **fields: Any) -> str:
        """Make a user; returns its id."""
        body = {"email": email, "role": "va", **fields}
        answer = self.http.post(f"{self.user_url}/users", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def change(self, user_id: str, **fields: Any) -> None:
        """Change a user."""
        answer = self.http.patch(f"{self.user_url}/users/{user_id}", json=fields)
        assert answer.status_code == 200, answer.text

    def delete(self, user_id: str) -> None:
        """Delete a user."""
        assert self.http.delete(f"{self.user_url}/users/{user_id}").status_code == 204

    def card(self, user_id: str, market: int = 0) -> httpx.Response:
        """The user's card."""
        return self.http.get(f"{self.market_urls[market]}/users/{user_id}/card")

    def name(self, user_id: str, market: int = 0) -> str:
        """The name on the user's card, with the card's source."""
        card = self.card(user_id, market).json()
        return f"{card['user']['name']} {card['source']}"

    def health(self, url: str) -> str:
        """Return what `/health` sums up; payments-service is no part of this system."""
        answer = self.http.get(f"{url}/health").json()
        others = set(answer["unhealthyServices"]) - {"payments-service"}
        return str(answer["status"]) if others else "healthy"

    def healthy(self) -> bool:
        """Return whether all services are healthy."""
        return all(self.health(url) == "healthy" for url in (self.user_url, *self.market_urls))

    def kill_valkey(self) -> None:
        """Valkey crashes, and loses all it had."""
        self.valkey.process.kill()

    def restart_valkey(self) -> None:
        """A new Valkey at the same address."""
        password = urlsplit(self.valkey.url).password or ""
        self.valkey = start_valkey(self.session, port=self.valkey.port, password=password)

    def restart_user(self) -> None:
        """A new user-service at the same address, over the same database."""
        port = self.user_url.rsplit(":", 1)[1]
        self.user = start_user(self.session, self.valkey, PORT=port)
        self.user.wait_listening()


def start(session: Session, markets: int = 1, **environment: str) -> Reference:
    """Start it all.

    Args:
        session: owns the processes.
        markets: how many marketplace-services.
        environment: for the marketplace-services.
    """
    valkey = start_valkey(session)
    user = start_user(session, valkey)
    user_url = user.wait_listening()["url"]
    started = [
        session.start(
            "marketplace-service",
            ["python", "-m", "stubs.marketplace"],
            env={
                "DATABASE_URL": f"sqlite:///{session.dir}/marketplace.sqlite",
                "REDIS_URL": valkey.url,
                "USER_SERVICE_URL": user_url,
                **environment,
            },
            cwd=ROOT,
        )
        for _ in range(markets)
    ]
    urls = [process.wait_listening()["url"] for process in started]
    http = httpx.Client(trust_env=False, timeout=10)
    reference = Reference(session, valkey, user, user_url, started, urls, http)
    eventually(reference.healthy)
    return reference


def start_user(session: Session, valkey: Valkey, **environment: str) -> Process:
    """Start user-service over the session's database."""
    return session.start(
        "user-service",
        ["python", "-m", "stubs.user"],
        env={
            "DATABASE_URL": f"sqlite:///{session.dir}/users.sqlite",
            "REDIS_URL": valkey.url,
            **environment,
        },
        cwd=ROOT,
    )


def eventually(fact: Callable[[], bool], within_s: float = 15.0) -> float:
    """Wait until the fact holds; returns after how many seconds it did.

    Raises:
        AssertionError: it didn't within this time.
    """
    began = time.monotonic()
    while not fact():
        assert time.monotonic() - began < within_s, f"not within {within_s} s"
        time.sleep(0.005)
    return time.monotonic() - began
