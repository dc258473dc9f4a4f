"""Connections, as the real server's log has them."""

import json

from seatrial.faults.connections import ConnectionRecord, from_log


def _line(message: str, **more: str) -> str:
    return json.dumps({"level": "info", "message": message} | more)


def test_accepted_connections_of_one_proxy_are_found() -> None:
    lines = [
        "not JSON",
        "[]",
        _line("Starting Toxiproxy"),
        _line("Accepted client", name="a", client="127.0.0.1:1"),
        _line("Accepted client", name="b", client="127.0.0.1:2"),
        _line("Accepted client", name="a", client="127.0.0.1:3"),
        _line("Unable to open connection to upstream", name="a", client="127.0.0.1:3"),
        _line("Accepted client", name="a", client="127.0.0.1:1"),
    ]
    assert from_log(lines, "a") == (
        ConnectionRecord("127.0.0.1:1", connected=True),
        ConnectionRecord("127.0.0.1:3", connected=False),
        ConnectionRecord("127.0.0.1:1", connected=True),
    )


def test_proxy_that_nobody_reached_has_none() -> None:
    assert from_log([], "a") == ()
