"""The whole system is started at once, each service given the addresses of those that it needs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from seatrial.config import Config
from seatrial.errors import UsageError
from seatrial.system import Launcher, Session
from seatrial.testbed.topology import Topology

# A service that knows nothing of us: it answers with its environment.
PLAIN = """
import http.server, json, os, time

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({k: v for k, v in os.environ.items() if "_URL" in k}).encode())

time.sleep(float(os.environ.get("NAP_S", "0")))
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def session() -> Iterator[Session]:
    with Session() as session:
        yield session


def topology(session: Session, folder: Path, **services: dict[str, Any]) -> Topology:
    """Services, each `PLAIN` with these settings."""
    plain = {"command": ["python", "-S", "-c", PLAIN], "health": "/"}
    config = Config.model_validate({"services": {k: plain | v for k, v in services.items()}})
    return Topology(Launcher(session, config, folder), None)


def environment(url: str) -> dict[str, str]:
    answer: dict[str, str] = json.loads(httpx.get(url, trust_env=False).text)
    return answer


def test_services_that_need_each_other_are_told_their_addresses(
    session: Session, tmp_path: Path
) -> None:
    found = topology(
        session,
        tmp_path,
        shop={"addresses": {"BANK_URL": "bank", "BOOK_URL": "book"}},
        bank={"addresses": {"SHOP_URL": "shop"}},
        book={},
    ).start()["services"]
    urls = {name: each["url"] for name, each in found.items()}
    assert list(urls) == ["shop", "bank", "book"]
    assert (
        environment(urls["shop"]).items()
        >= {"BANK_URL": urls["bank"], "BOOK_URL": urls["book"]}.items()
    )
    assert environment(urls["bank"])["SHOP_URL"] == urls["shop"]
    assert "SHOP_URL" not in environment(urls["book"])


def test_the_first_that_cannot_start_ends_it_with_its_own_words(
    session: Session, tmp_path: Path
) -> None:
    broken = topology(
        session,
        tmp_path,
        shop={"addresses": {"BANK_URL": "bank"}},
        bank={"command": ["python", "-S", "-c", "raise SystemExit('no licence')"]},
    )
    with pytest.raises(UsageError, match="no licence"):
        broken.start()


def test_those_that_need_nothing_of_each_other_start_side_by_side(
    session: Session, tmp_path: Path
) -> None:
    nap = {"env": {"NAP_S": "2"}}
    began_s = time.monotonic()
    topology(session, tmp_path, **dict.fromkeys("abcdef", nap)).start()
    assert time.monotonic() - began_s < 6 * 2


def test_a_port_that_was_reserved_is_given_to_nobody_else(session: Session) -> None:
    reserved = {session.reserve_port() for _ in range(50)}
    assert len(reserved) == 50
    assert reserved.isdisjoint(session.free_port() for _ in range(500))
