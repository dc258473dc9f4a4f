"""A server of cards and a run against it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.record import LoadRun
from seatrial.loads.session.locust import run_profile
from seatrial.system import Session

_HERE = Path(__file__).parent
PROFILE = _HERE.parents[2] / "load" / "cached_lookups.py"
TTL_S = 0.5
IDS = tuple(f"u-{number}" for number in range(60))


@dataclass(frozen=True)
class Cards:
    """A running server of cards."""

    session: Session
    url: str
    epoch_s: float

    @property
    def upstream_calls(self) -> int:
        """The number of times that its origin was asked."""
        return int(httpx.get(f"{self.url}/upstream", trust_env=False).json()["calls"])

    def run(self, **changes: Any) -> LoadRun:
        """A short run of the profile."""
        rate_per_s, duration_s = changes.pop("rate_per_s", 200.0), changes.pop("duration_s", 2.0)
        names = {field.name for field in fields(LoadPlan)} & set(changes)
        plan = LoadPlan(
            **{
                "phases": (Phase("steady", duration_s, rate_per_s),),
                "seed": 11,
                **{name: changes.pop(name) for name in names},
            }
        )
        options: dict[str, Any] = {"ids": IDS, **changes}
        return run_profile(
            self.session, options.pop("file", PROFILE), host=self.url, plan=plan, **options
        )

    def evidence(self, run: LoadRun) -> LoadEvidence:
        """The run, with what its origin saw and what the cache should keep."""
        return LoadEvidence(run, self.upstream_calls, TTL_S)


StartCards = Callable[..., Cards]


def start(session: Session, *options: str) -> Cards:
    """Start a server with the defects that its options name; the declared TTL is 0.5 s."""
    words = ["--ttl-s", str(TTL_S), *options]
    process = session.start("cards", ["python", str(_HERE / "card_server.py"), *words])
    data = process.wait_listening()
    return Cards(session, data["url"], data["epochS"])


@pytest.fixture
def session() -> Iterator[Session]:
    """Owns the processes of one test."""
    with Session() as made:
        yield made


@pytest.fixture
def start_cards(session: Session) -> StartCards:
    """Start a server that ends with the test."""
    return partial(start, session)
