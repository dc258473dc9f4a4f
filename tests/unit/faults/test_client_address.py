"""A server's place, as its address says it; nothing is sent."""

import pytest

from seatrial.faults import Toxiproxy


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:8474", True),
        ("http://localhost", True),
        ("http://[::1]:8474/", True),
        ("http://toxiproxy:8474", False),
        ("http://192.0.2.1:8474", False),
    ],
)
def test_server_on_loopback_is_here(url: str, here: bool) -> None:
    assert Toxiproxy(url).is_here is here
