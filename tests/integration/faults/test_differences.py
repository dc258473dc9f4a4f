"""Where the embedded engine differs from the real server on purpose; docs/engine-differences.md.

Where the real server survives it, one test shows what both do, so that the table can't grow old.
"""

import http.client
import itertools
import socket
import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.faults.engine import VERSION
from seatrial.faults.engine.engine import MAX_TOXICS

from .wire import PATIENCE_S, Api, End, Wire

PROMPT_S = 5.0
"""The limit for what must not wait; the real server needs 25 s, or forever."""


def _raw(api: Api, path: str, headers: dict[str, str] | list[tuple[str, str]]) -> int:
    connection = http.client.HTTPConnection(api.netloc, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers if isinstance(headers, list) else headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status
    finally:
        connection.close()


# Who may call


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8474", "192.0.2.1", "127.0.0.1.nip.io", ""]
)
def test_foreign_host_is_refused(api: Api, host: str, is_real: bool) -> None:
    assert _raw(api, "/version", {"Host": host}) == (200 if is_real else 403)


def test_host_outside_the_grammar_is_refused(own_api: Api) -> None:
    assert _raw(own_api, "/version", {"Host": "127.0.0.1:80@evil.example"}) == 403


def test_two_hosts_are_refused(api: Api) -> None:
    """The real server refuses two as well, in Go's own words."""
    status = _raw(api, "/version", [("Host", "127.0.0.1"), ("Host", "evil.example")])
    assert status in (400, 403)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1:1", "[::1]:1", "LOCALHOST:8474", "127.9.9.9"]
)
def test_loopback_host_is_served(api: Api, host: str) -> None:
    assert _raw(api, "/version", {"Host": host}) == 200


def test_web_page_is_refused(api: Api, is_real: bool) -> None:
    for said in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert _raw(api, "/version", {"Host": "127.0.0.1"} | said) == (200 if is_real else 403)


def test_version_says_what_it_speaks_and_whose_it_is(own_api: Api) -> None:
    said = own_api("GET", "/version").json
    assert said == {"version": "2.12.0", "engine": "seatrial", "engineVersion": VERSION}


# Bodies


def test_long_body_is_refused(own_api: Api) -> None:
    answer = own_api("POST", "/proxies", b'"' + b"x" * 2_000_000)
    assert answer.error[0] == 413


def test_deeply_nested_body_is_refused(own_api: Api) -> None:
    answer = own_api("POST", "/proxies", b"[" * 500_000)
    assert answer.error == (400, "bad request body: exceeded max depth")


def test_refused_update_changes_nothing(wire: Wire, is_real: bool) -> None:
    wire.toxic("latency", name="slow", latency=5)
    body = {"attributes": {"latency": 7, "jitter": "x"}}
    assert wire.api("PATCH", f"{wire.path}/toxics/slow", body).status == 400
    found = wire.api("GET", f"{wire.path}/toxics/slow").json
    assert found["attributes"]["latency"] == (7 if is_real else 5)


# Attributes that the real server dies of


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"average_size": 0, "size_variation": 0},
        {"average_size": 10, "size_variation": 12},
        {"average_size": 10, "size_variation": 1000},
        {"average_size": 10, "size_variation": -10},
        {"average_size": -10},
    ],
)
def test_impossible_slicer_is_refused(own_wire: Wire, attributes: dict[str, int]) -> None:
    body = {"type": "slicer", "attributes": attributes}
    status, message = own_wire.api("POST", f"{own_wire.path}/toxics", body).error
    assert status == 400
    assert message.startswith("slicer: ")


@pytest.mark.parametrize(("average", "variation"), [(10, 10), (10, 11), (0, 1), (10, -9)])
def test_possible_slicer_is_taken(wire: Wire, average: int, variation: int) -> None:
    wire.toxic("slicer", average_size=average, size_variation=variation)
    client, server = wire.connect()
    server.send(bytes(3000))
    assert client.read(3000) == bytes(3000)
    assert wire.api("GET", "/version").status == 200


def test_impossible_change_of_a_slicer_is_refused(own_wire: Wire) -> None:
    own_wire.toxic("slicer", name="cut", average_size=10)
    answer = own_wire.api(
        "PATCH", f"{own_wire.path}/toxics/cut", {"attributes": {"average_size": 0}}
    )
    assert answer.error == (400, "slicer: average_size + size_variation must be 1 or more, not 0")


def test_negative_bandwidth_is_refused(own_wire: Wire) -> None:
    body = {"type": "bandwidth", "attributes": {"rate": -1}}
    answer = own_wire.api("POST", f"{own_wire.path}/toxics", body)
    assert answer.error == (400, "bandwidth: rate must be 0 or more, not -1")


# As many as the stack holds, and no way that leads back


def test_toxics_are_bounded_and_as_many_as_may_be_work(own_wire: Wire) -> None:
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("slicer", {"average_size": 2}),
        ("latency", {"latency": 1}),
        ("bandwidth", {"rate": 10_000}),
        ("slow_close", {"delay": 1}),
    ]
    for number in range(MAX_TOXICS):
        kind, attributes = kinds[number % len(kinds)]
        own_wire.toxic(kind, name=f"t{number}", **attributes)
    answer = own_wire.api("POST", f"{own_wire.path}/toxics", {"type": "noop"})
    assert answer.error == (409, "too many toxics: a proxy takes 100; remove one first")
    client, server = own_wire.connect()
    server.send(b"all of it")
    assert client.read(9) == b"all of it"
    own_wire.change("t0", average_size=3)
    server.close()
    assert client.rest() == (b"", "fin")
    assert own_wire.api("POST", "/reset").status == 204


@pytest.mark.parametrize("length", [1, 3])
def test_proxies_that_lead_back_to_themselves_close(own_api: Api, length: int) -> None:
    names = [f"loop{length}-{number}" for number in range(length)]
    ports = []
    for name in names:
        body = {"name": name, "listen": "127.0.0.1:0", "upstream": "127.0.0.1:1"}
        ports.append(own_api("POST", "/proxies", body).json["listen"])
    for name, following in zip(names, ports[1:] + ports[:1], strict=True):
        own_api("PATCH", f"/proxies/{name}", {"upstream": following})
    host, _, port = ports[0].rpartition(":")
    with End(socket.create_connection((host, int(port)))) as client:
        client.send(b"round")
        assert client.rest()[0] == b""
    entries = own_api("GET", "/connections").json["connections"]
    mine = [entry for entry in entries if entry["proxy"] in names]
    assert len(mine) == length + 1
    assert [entry["proxy"] for entry in mine if entry["end"] == "loop"] == names[:1]


def test_chain_of_proxies_is_no_loop(own_wire: Wire) -> None:
    """Each of two proxies in a chain is passed once, however often it is used."""
    body = {"name": "outer", "listen": "127.0.0.1:0", "upstream": own_wire.address}
    host, _, port = own_wire.api("POST", "/proxies", body).json["listen"].rpartition(":")
    for _ in range(3):
        with End(socket.create_connection((host, int(port)))) as client:
            client.send(b"through")
            server = own_wire.upstream.accept()
            assert server.read(7) == b"through"
            server.close()


def test_answers_on_a_kept_connection_come_at_once(api: Api) -> None:
    """Nagle's delay would be 40 ms for each."""
    connection = http.client.HTTPConnection(api.netloc, timeout=10)
    took_s = []
    for _ in range(20):
        began_s = time.monotonic()
        connection.request("GET", "/proxies")
        connection.getresponse().read()
        took_s.append(time.monotonic() - began_s)
    connection.close()
    assert statistics.median(took_s) < 0.02


# A control plane that never waits


def _stuffed(wire: Wire) -> tuple[End, End]:
    """A connection whose client reads nothing, with all buffers full of the server's data."""
    client, server = wire.connect()
    server.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        server.sock.sendall(b"x" * 64 * 1024 * 1024)
    return client, server


def test_toxics_change_while_a_peer_doesnt_read(own_wire: Wire) -> None:
    client, _ = _stuffed(own_wire)
    began_s = time.monotonic()
    own_wire.toxic("latency", latency=10)
    own_wire.change("latency_downstream", latency=20)
    own_wire.remove("latency_downstream")
    assert own_wire.api("POST", "/reset").status == 204
    assert time.monotonic() - began_s < PROMPT_S
    client.close()


def test_proxy_with_a_peer_that_doesnt_read_is_disabled_at_once(own_wire: Wire) -> None:
    _, server = _stuffed(own_wire)
    began_s = time.monotonic()
    own_wire.enable(False)
    assert time.monotonic() - began_s < PROMPT_S
    server.rest()


def test_toxics_change_while_a_reset_waits(own_wire: Wire) -> None:
    own_wire.toxic("reset_peer", "upstream", timeout=60_000)
    client, _ = own_wire.connect()
    client.send(b"lost")
    assert client.is_silent(0.1)
    began_s = time.monotonic()
    own_wire.change("reset_peer_upstream", timeout=50_000)
    assert client.is_silent(0.1)
    own_wire.remove("reset_peer_upstream")
    assert time.monotonic() - began_s < PROMPT_S
    assert client.rest() == (b"", "reset")  # its data is lost, so it can't go on


@pytest.fixture
def black_hole() -> Iterator[str]:
    """An address at which connecting takes very long: nobody accepts, and the queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(4):
            probe = socket.socket()
            probe.setblocking(False)
            probe.connect_ex(listener.getsockname())
            waiting.append(probe)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        for probe in waiting:
            probe.close()


def test_upstream_that_doesnt_answer_holds_nobody_up(own_wire: Wire, black_hole: str) -> None:
    own_wire.api("PATCH", own_wire.path, {"upstream": black_hole})
    client = own_wire.client()
    assert client.is_silent(0.2)
    began_s = time.monotonic()
    another = own_wire.client()
    connections = own_wire.api("GET", f"{own_wire.path}/connections").json["connections"]
    assert [found["connected_s"] for found in connections] == [None, None]
    own_wire.enable(False)
    assert client.rest()[0] == another.rest()[0] == b""
    assert time.monotonic() - began_s < PROMPT_S


# Connections that live on


@pytest.mark.parametrize("listen", [":{port}", "0.0.0.0:{port}", "[::]:0", ":0"])
def test_same_address_in_other_words_keeps_connections(
    api: Api, listen: str, is_real: bool
) -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_server(("127.0.0.1", 0)) as upstream:
        host, port = upstream.getsockname()
        body = {"name": "a", "listen": ":0", "upstream": f"{host}:{port}"}
        own_port = api("POST", "/proxies", body).json["listen"].rpartition(":")[2]
        client = End(socket.create_connection(("127.0.0.1", int(own_port))))
        with client, upstream.accept()[0]:
            same = body | {"listen": listen.format(port=own_port)}
            assert api("PATCH", "/proxies/a", same).status == 200
            assert api("POST", "/populate", [same]).status == 201
            assert client.is_silent(PATIENCE_S if is_real else 0.2) is not is_real


def test_removed_timeout_closes_only_what_it_hit(wire: Wire, is_real: bool) -> None:
    wire.toxic("timeout", toxicity=0, timeout=0)
    client, _ = wire.connect()
    wire.remove("timeout_downstream")
    assert client.is_silent(PATIENCE_S if is_real else 0.2) is not is_real


def test_neighbours_toxicity_is_not_rolled_again(own_wire: Wire) -> None:
    own_wire.toxic("timeout", toxicity=0.5, timeout=0)
    pairs = [own_wire.connect() for _ in range(20)]

    def spared() -> list[bool]:
        for _, server in pairs:
            server.send(b"x")
        time.sleep(0.3)
        return [not client.is_silent(0.001) for client, _ in pairs]

    before = spared()
    own_wire.toxic("noop", name="neighbour")
    own_wire.remove("neighbour")
    for client, _ in itertools.compress(pairs, before):
        client.read(1)
    assert spared() == before
    assert len(set(before)) == 2


# What toxics do


def test_reset_peer_resets_connections_that_were_open_before(wire: Wire, is_real: bool) -> None:
    client, server = wire.connect()
    wire.toxic("reset_peer", "upstream", timeout=0)
    client.send(b"lost")
    # The real server closes, which is a reset only where it happened to leave something unread.
    expected = {"fin", "reset"} if is_real else {"reset"}
    for end in (client, server):
        data, how = end.rest()
        assert (data, how in expected) == (b"", True)


def test_reset_peer_that_spares_a_connection_lets_it_end_as_ever(wire: Wire, is_real: bool) -> None:
    wire.toxic("reset_peer", "upstream", toxicity=0, timeout=0)
    client, server = wire.connect()
    client.close()
    assert server.rest() == (b"", "reset" if is_real else "fin")


def test_latencies_add_up_for_data_in_quick_succession(wire: Wire, is_real: bool) -> None:
    wire.toxic("latency", name="a", latency=200)
    wire.toxic("latency", name="b", latency=200)
    client, server = wire.connect()
    for _ in range(8):
        sent_s = server.send(b"x")
        time.sleep(0.03)
    client.read(8)
    delay_s = time.monotonic() - sent_s
    if is_real:
        assert delay_s >= 0.2
    else:
        assert delay_s >= 0.4


def test_packet_loss_drops_its_share(own_wire: Wire) -> None:
    own_wire.toxic("packet_loss", loss_rate=0.5)
    client, server = own_wire.connect()
    for number in range(100):
        server.send(bytes([number]))
        time.sleep(0.002)
    server.close()
    arrived, _ = client.rest()
    assert 10 < len(arrived) < 90
    assert list(arrived) == sorted(arrived)


@pytest.mark.parametrize(("rate", "arrives"), [(0, b"x"), (1, b""), (-3.5, b"x"), (7, b"")])
def test_packet_loss_is_a_chance_between_none_and_all(
    own_wire: Wire, rate: float, arrives: bytes
) -> None:
    own_wire.toxic("packet_loss", loss_rate=rate, correlation=0.5)
    client, server = own_wire.connect()
    server.send(b"x")
    server.close()
    assert client.rest() == (arrives, "fin")


# What the real server lacks


def _pattern(wire: Wire, seed: int) -> list[int]:
    """Return how much of a message arrives on each of many connections."""
    assert wire.api("POST", "/seed", {"seed": seed}).json == {"seed": seed}
    found = []
    for _ in range(40):
        client, server = wire.connect()
        server.send(b"1234")
        found.append(len(client.read(4)))
        client.close()
        server.rest()
    return found


def test_seed_repeats_all_chance(own_wire: Wire) -> None:
    own_wire.toxic("limit_data", toxicity=0.5, bytes=3)
    first = _pattern(own_wire, 7)
    assert _pattern(own_wire, 7) == first
    assert _pattern(own_wire, 8) != first
    assert own_wire.api("GET", "/seed").json == {"seed": 8}


@pytest.mark.parametrize("body", [{}, {"seed": "x"}, {"seed": 1.5}, []])
def test_bad_seed_is_refused(own_api: Api, body: Any) -> None:
    before = own_api("GET", "/seed").json
    assert own_api("POST", "/seed", body).error[0] == 400
    assert own_api("GET", "/seed").json == before


def test_journal_tells_what_reached_a_proxy_and_what_hit_it(own_wire: Wire) -> None:
    began_s = time.monotonic()
    own_wire.toxic("latency", name="slow", latency=1)
    own_wire.toxic("noop", "upstream", name="never", toxicity=0)
    client, server = own_wire.connect()
    client.send(b"four")
    server.read(4)
    server.send(b"answer")
    client.read(6)
    server.close()
    client.rest()
    client.close()
    entry = _settled(own_wire)[-1]
    assert entry["proxy"] == own_wire.name
    assert entry["upstream"] == {"received": 4, "sent": 4}
    assert entry["downstream"] == {"received": 6, "sent": 6}
    assert entry["end"] == "upstream"
    assert began_s < entry["accepted_s"] <= entry["connected_s"] < entry["closed_s"]
    assert [(hit["name"], hit["type"]) for hit in entry["toxics"]] == [("slow", "latency")]
    assert entry["toxics"][0]["until_s"] == pytest.approx(entry["closed_s"], abs=PROMPT_S)


def test_journal_tells_connections_that_no_upstream_took(own_wire: Wire) -> None:
    own_wire.upstream.close()
    own_wire.client().rest()
    entry = _settled(own_wire)[-1]
    assert (entry["connected_s"], entry["end"]) == (None, "refused")


def test_journal_is_read_on_from_an_entry(own_wire: Wire) -> None:
    for _ in range(3):
        own_wire.connect()
    path = f"{own_wire.path}/connections"
    ids = [entry["id"] for entry in own_wire.api("GET", path).json["connections"]]
    later = own_wire.api("GET", f"{path}?after={ids[0]}").json["connections"]
    assert [entry["id"] for entry in later] == ids[1:]
    assert own_wire.api("GET", f"{path}?after=x").status == 400


@pytest.mark.parametrize("stopped", [True, False])
def test_journal_outlives_its_proxy(own_wire: Wire, stopped: bool) -> None:
    client, _ = own_wire.connect()
    if stopped:
        own_wire.api("DELETE", own_wire.path)
    entries = own_wire.api("GET", "/connections").json["connections"]
    mine = [entry for entry in entries if entry["proxy"] == own_wire.name]
    assert [entry["end"] for entry in mine] == ["stopped" if stopped else None]
    client.close()


def _settled(wire: Wire) -> list[dict[str, Any]]:
    """The journal of a proxy once its connections are closed."""
    until_s = time.monotonic() + PROMPT_S
    while True:
        found: list[dict[str, Any]] = wire.api("GET", f"{wire.path}/connections").json[
            "connections"
        ]
        if all(entry["closed_s"] is not None for entry in found) or time.monotonic() > until_s:
            return found
        time.sleep(0.01)


def test_reset_after_resets_in_the_middle(own_wire: Wire) -> None:
    client, server = own_wire.connect()
    own_wire.toxic("reset_after", bytes=4)
    server.send(b"123")
    assert client.read(3) == b"123"
    server.send(b"456")
    assert client.rest() == (b"4", "reset")
    assert server.rest()[1] == "reset"
