"""The data plane of both engines: data, ends and refusals without a toxic."""

import hashlib
import random
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from .wire import End, Wire

MEGABYTE = 1024 * 1024


def _reset(end: End) -> None:
    end.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def test_data_arrives_unchanged_in_both_directions(wire: Wire) -> None:
    client, server = wire.connect()
    data = random.Random(1).randbytes(4 * MEGABYTE)
    with ThreadPoolExecutor() as pool:
        pool.submit(client.send, data)
        pool.submit(server.send, data[::-1])
        there, back = pool.submit(server.read, len(data)), pool.submit(client.read, len(data))
        assert hashlib.sha256(there.result()).digest() == hashlib.sha256(data).digest()
        assert hashlib.sha256(back.result()).digest() == hashlib.sha256(data[::-1]).digest()


def test_connections_dont_mix(wire: Wire) -> None:
    pairs = [wire.connect() for _ in range(20)]
    for number, (client, _) in enumerate(pairs):
        client.send(b"%02d" % number)
    for number, (client, server) in enumerate(pairs):
        server.send(server.read(2) * 2)
        assert client.read(4) == b"%02d" % number * 2


def test_upstream_is_connected_before_anything_is_sent(wire: Wire) -> None:
    _, server = wire.connect()
    server.send(b"hello")


def test_clients_end_reaches_the_server_behind_its_data(wire: Wire) -> None:
    client, server = wire.connect()
    client.send(b"last words")
    client.close()
    assert server.rest() == (b"last words", "fin")


def test_servers_end_reaches_the_client_behind_its_data(wire: Wire) -> None:
    client, server = wire.connect()
    server.send(b"x" * MEGABYTE)
    server.close()
    data, ending = client.rest()
    assert (len(data), ending) == (MEGABYTE, "fin")


def test_half_closed_connection_is_closed_whole(wire: Wire) -> None:
    client, server = wire.connect()
    client.send(b"request")
    client.end_sending()
    assert server.rest() == (b"request", "fin")
    assert client.rest() == (b"", "fin")


def test_reset_by_a_peer_becomes_an_ordinary_end(wire: Wire) -> None:
    for resetting, other in ((0, 1), (1, 0)):
        ends = wire.connect()
        _reset(ends[resetting])
        assert ends[other].rest() == (b"", "fin")


def test_without_an_upstream_the_client_is_accepted_and_closed(wire: Wire) -> None:
    wire.upstream.close()
    assert wire.client().rest() == (b"", "fin")


@pytest.mark.parametrize("upstream", ["", "nonsense", "127.0.0.1:x", "[::1", "127.0.0.1:99999"])
def test_impossible_upstream_is_like_none(wire: Wire, upstream: str) -> None:
    wire.api("PATCH", wire.path, {"upstream": upstream})
    assert wire.client().rest() == (b"", "fin")


def test_disabling_ends_open_connections_on_both_sides(wire: Wire) -> None:
    client, server = wire.connect()
    wire.enable(False)
    assert client.rest() == (b"", "fin")
    assert server.rest() == (b"", "fin")


def test_deleting_ends_open_connections_and_frees_the_port(wire: Wire) -> None:
    client, server = wire.connect()
    assert wire.api("DELETE", wire.path).status == 204
    assert (client.rest(), server.rest()) == ((b"", "fin"), (b"", "fin"))
    with pytest.raises(ConnectionRefusedError):
        wire.client()


def test_new_upstream_ends_open_connections_and_serves_new_ones(wire: Wire) -> None:
    client, _ = wire.connect()
    with socket.create_server(("127.0.0.1", 0)) as other:
        host, port = other.getsockname()
        assert wire.api("PATCH", wire.path, {"upstream": f"{host}:{port}"}).status == 200
        assert client.rest() == (b"", "fin")
        wire.client()
        other.accept()[0].close()


def test_update_that_changes_nothing_keeps_connections(wire: Wire) -> None:
    client, server = wire.connect()
    same = {"listen": wire.address, "upstream": wire.upstream.address, "enabled": True}
    assert wire.api("PATCH", wire.path, same).status == 200
    client.send(b"on")
    assert server.read(2) == b"on"


def test_reset_keeps_connections(wire: Wire) -> None:
    client, server = wire.connect()
    wire.api("POST", "/reset")
    client.send(b"on")
    assert server.read(2) == b"on"


def test_peer_that_doesnt_read_stops_the_sender(wire: Wire) -> None:
    client, server = wire.connect()
    client.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        client.sock.sendall(b"x" * 100 * MEGABYTE)
    client.close()
    data, _ = server.rest()
    assert 0 < len(data) < 100 * MEGABYTE
