"""A control connection that a client still means to use isn't closed by the tap."""

import httpx

from seatrial.tap.__main__ import _control_config
from seatrial.tap.provider import ProviderAddress
from seatrial.tap.state import Tap


def test_the_tap_keeps_idle_connections_for_longer_than_its_clients() -> None:
    config = _control_config(Tap(ProviderAddress.of("http://127.0.0.1:1")))
    client_s = httpx.Limits().keepalive_expiry
    assert client_s is not None
    assert config.timeout_keep_alive > 10 * client_s
