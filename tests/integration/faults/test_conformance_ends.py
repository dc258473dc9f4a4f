"""The data plane of both engines: timeout, reset_peer, limit_data, toxicity."""

import time

import pytest

from .wire import Wire


def test_timeout_drops_data_and_closes_when_nothing_came(wire: Wire) -> None:
    wire.toxic("timeout", timeout=300)
    client, server = wire.connect()
    sent_s = server.send(b"lost")
    assert client.rest() == (b"", "fin")
    assert 0.3 <= time.monotonic() - sent_s < 5
    assert server.rest() == (b"", "fin")


def test_timeout_closes_an_idle_connection_too(wire: Wire) -> None:
    wire.toxic("timeout", timeout=200)
    began_s = time.monotonic()
    client, _ = wire.connect()
    assert client.rest() == (b"", "fin")
    assert time.monotonic() - began_s >= 0.2


def test_timeout_begins_again_with_every_data(wire: Wire) -> None:
    wire.toxic("timeout", timeout=600)
    client, server = wire.connect()
    for _ in range(4):
        last_s = server.send(b"x")
        time.sleep(0.25)
    assert client.rest() == (b"", "fin")
    assert time.monotonic() - last_s >= 0.6


def test_timeout_zero_is_a_black_hole_that_lets_ends_through(wire: Wire) -> None:
    wire.toxic("timeout", timeout=0)
    client, server = wire.connect()
    server.send(b"lost")
    assert client.is_silent(0.4)
    client.send(b"heard")
    assert server.read(5) == b"heard"
    server.close()
    assert client.rest() == (b"", "fin")


@pytest.mark.parametrize("how", ["remove", "reset"])
def test_lifted_timeout_closes_connections_that_it_hit(wire: Wire, how: str) -> None:
    wire.toxic("timeout", timeout=0)
    client, server = wire.connect()
    server.send(b"lost")
    assert client.is_silent(0.1)
    if how == "remove":
        wire.remove("timeout_downstream")
    else:
        wire.api("POST", "/reset")
    assert client.rest() == (b"", "fin")
    assert server.rest() == (b"", "fin")
    client, server = wire.connect()
    server.send(b"fresh")
    assert client.read(5) == b"fresh"


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_reset_peer_resets_both_sides_on_first_data(wire: Wire, stream: str) -> None:
    wire.toxic("reset_peer", stream, timeout=0)
    client, server = wire.connect()
    (client if stream == "upstream" else server).send(b"lost")
    assert client.rest() == (b"", "reset")
    assert server.rest() == (b"", "reset")


def test_reset_peer_resets_when_a_side_ends(wire: Wire) -> None:
    wire.toxic("reset_peer", "downstream", timeout=0)
    client, server = wire.connect()
    server.close()
    assert client.rest() == (b"", "reset")


def test_reset_peer_waits_its_time(wire: Wire) -> None:
    wire.toxic("reset_peer", "upstream", timeout=300)
    client, _ = wire.connect()
    sent_s = client.send(b"lost")
    assert client.rest() == (b"", "reset")
    assert 0.3 <= time.monotonic() - sent_s < 5


def test_reset_peer_leaves_an_idle_connection_alone(wire: Wire) -> None:
    wire.toxic("reset_peer", "upstream", timeout=0)
    client, server = wire.connect()
    assert client.is_silent(0.3)
    server.send(b"the other direction")
    assert client.read(19) == b"the other direction"


def test_limit_data_sends_exactly_so_much_and_closes(wire: Wire) -> None:
    wire.toxic("limit_data", bytes=100_000)
    client, server = wire.connect()
    server.send(b"x" * 60_000)
    assert len(client.read(60_000)) == 60_000
    server.send(b"x" * 60_000)
    data, _ = client.rest()
    assert len(data) == 40_000


def test_limit_data_closes_exactly_at_the_limit(wire: Wire) -> None:
    wire.toxic("limit_data", bytes=10)
    client, server = wire.connect()
    server.send(b"0123456789")
    assert client.rest() == (b"0123456789", "fin")


def test_limit_data_zero_closes_at_the_first_data_and_not_before(wire: Wire) -> None:
    wire.toxic("limit_data", bytes=0)
    client, server = wire.connect()
    assert client.is_silent(0.2)
    server.send(b"lost")
    assert client.rest()[0] == b""


def test_limit_data_counts_on_across_changes(wire: Wire) -> None:
    wire.toxic("limit_data", bytes=10)
    client, server = wire.connect()
    server.send(b"12345678")
    assert client.read(8) == b"12345678"
    wire.change("limit_data_downstream", bytes=20)
    server.send(b"x" * 30)
    assert len(client.rest()[0]) == 12


def test_limit_data_lowered_below_the_count_closes_at_the_next_data(wire: Wire) -> None:
    wire.toxic("limit_data", bytes=100)
    client, server = wire.connect()
    server.send(b"12345678")
    assert client.read(8) == b"12345678"
    wire.change("limit_data_downstream", bytes=5)
    assert client.is_silent(0.2)
    server.send(b"more")
    assert client.rest()[0] == b""


def test_limit_data_is_each_connections_own(wire: Wire) -> None:
    wire.toxic("limit_data", bytes=5)
    for _ in range(3):
        client, server = wire.connect()
        server.send(b"12345")
        assert client.rest() == (b"12345", "fin")


def test_toxicity_zero_never_hits(wire: Wire) -> None:
    wire.toxic("limit_data", toxicity=0, bytes=0)
    for _ in range(10):
        client, server = wire.connect()
        server.send(b"x")
        assert client.read(1) == b"x"


def test_toxicity_hits_its_share_of_connections(wire: Wire) -> None:
    wire.toxic("limit_data", toxicity=0.5, bytes=3)
    hits = 0
    for _ in range(100):
        client, server = wire.connect()
        server.send(b"1234")
        found = client.read(4)
        assert found in (b"123", b"1234")
        hits += found == b"123"
    assert 20 < hits < 80


def test_toxicity_is_rolled_once_for_a_connection(wire: Wire) -> None:
    wire.toxic("latency", toxicity=0.5, latency=300)
    for _ in range(4):
        client, server = wire.connect()
        delayed = []
        for _ in range(3):
            sent_s = server.send(b"x")
            client.read(1)
            delayed.append(time.monotonic() - sent_s >= 0.3)
        assert len(set(delayed)) == 1
