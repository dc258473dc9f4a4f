"""The data plane of both engines: latency, bandwidth, slow_close and slicer.

Lower bounds are strict, since noise only makes waits longer; upper bounds set
one mechanism apart from another, not a fast machine from a slow one.
"""

import time

from .wire import Wire


def test_latency_delays_one_direction_only(wire: Wire) -> None:
    wire.toxic("latency", "downstream", latency=600)
    client, server = wire.connect()
    sent_s = client.send(b"a")
    assert server.read(1) == b"a"
    assert time.monotonic() - sent_s < 0.6
    sent_s = server.send(b"b")
    assert client.read(1) == b"b"
    assert time.monotonic() - sent_s >= 0.6


def test_latency_upstream_delays_the_request_and_not_the_connect(wire: Wire) -> None:
    wire.toxic("latency", "upstream", latency=600)
    began_s = time.monotonic()
    client, server = wire.connect()
    assert time.monotonic() - began_s < 0.6
    sent_s = client.send(b"a")
    server.read(1)
    assert time.monotonic() - sent_s >= 0.6


def test_latency_of_chunks_on_the_way_overlaps(wire: Wire) -> None:
    wire.toxic("latency", latency=500)
    client, server = wire.connect()
    began_s = time.monotonic()
    for _ in range(5):
        server.send(b"x")
        time.sleep(0.02)
    assert client.read(5) == b"xxxxx"
    assert 0.58 <= time.monotonic() - began_s < 1.8  # one after the other it would be 2.5 s


def test_latencies_of_a_chain_add_up(wire: Wire) -> None:
    wire.toxic("latency", name="a", latency=100)
    wire.toxic("latency", name="b", latency=150)
    client, server = wire.connect()
    sent_s = server.send(b"x")
    client.read(1)
    assert time.monotonic() - sent_s >= 0.25


def test_jitter_keeps_order_and_bounds(wire: Wire) -> None:
    wire.toxic("latency", latency=60, jitter=50)
    client, server = wire.connect()
    delays = []
    for number in range(12):
        sent_s = server.send(bytes([number]))
        assert client.read(1) == bytes([number])
        delays.append(time.monotonic() - sent_s)
    assert min(delays) >= 0.010
    assert max(delays) - min(delays) > 0.005
    server.send(bytes(range(100)))
    assert client.read(100) == bytes(range(100))


def test_negative_latency_is_none(wire: Wire) -> None:
    wire.toxic("latency", latency=-5000)
    client, server = wire.connect()
    server.send(b"x")
    assert client.read(1) == b"x"


def test_end_waits_behind_delayed_data(wire: Wire) -> None:
    wire.toxic("latency", latency=200)
    client, server = wire.connect()
    sent_s = server.send(b"answer")
    server.close()
    assert client.rest() == (b"answer", "fin")
    assert time.monotonic() - sent_s >= 0.2


def test_end_alone_is_not_delayed_by_latency(wire: Wire) -> None:
    wire.toxic("latency", latency=60_000)
    client, server = wire.connect()
    server.close()
    assert client.rest() == (b"", "fin")


def test_removed_latency_lets_everything_go(wire: Wire) -> None:
    wire.toxic("latency", latency=60_000)
    client, server = wire.connect()
    for word in (b"one ", b"two ", b"three"):
        server.send(word)
        time.sleep(0.02)
    assert client.is_silent(0.1)
    wire.remove("latency_downstream")
    assert client.read(13) == b"one two three"


def test_changed_latency_counts_from_when_the_data_came(wire: Wire) -> None:
    wire.toxic("latency", latency=60_000)
    client, server = wire.connect()
    server.send(b"a")
    time.sleep(0.05)
    sent_s = server.send(b"b")
    time.sleep(0.05)
    wire.change("latency_downstream", latency=400)
    assert client.read(1) == b"a"  # what waited for its own time goes at once
    assert client.read(1) == b"b"
    assert 0.4 <= time.monotonic() - sent_s < 5


def test_added_latency_works_on_open_connections(wire: Wire) -> None:
    client, server = wire.connect()
    server.send(b"a")
    assert client.read(1) == b"a"
    wire.toxic("latency", latency=200)
    sent_s = server.send(b"b")
    assert client.read(1) == b"b"
    assert time.monotonic() - sent_s >= 0.2


def test_bandwidth_takes_the_time_that_the_rate_says(wire: Wire) -> None:
    wire.toxic("bandwidth", rate=200)
    client, server = wire.connect()
    sent_s = server.send(b"x" * 100_000)
    assert len(client.read(100_000)) == 100_000
    assert 0.49 <= time.monotonic() - sent_s < 1.5


def test_bandwidth_waits_before_it_sends(wire: Wire) -> None:
    wire.toxic("bandwidth", rate=1)
    client, server = wire.connect()
    sent_s = server.send(b"x" * 50)
    client.read(1)
    assert 0.049 <= time.monotonic() - sent_s < 0.5


def test_bandwidth_is_each_connections_own(wire: Wire) -> None:
    wire.toxic("bandwidth", rate=100)
    pairs = [wire.connect() for _ in range(4)]
    began_s = time.monotonic()
    for _, server in pairs:
        server.send(b"x" * 60_000)
    for client, _ in pairs:
        client.read(60_000)
    assert 0.59 <= time.monotonic() - began_s < 1.8  # shared it would be 2.4 s


def test_bandwidth_of_nothing_stalls_data_until_it_is_lifted(wire: Wire) -> None:
    wire.toxic("bandwidth", rate=0)
    client, server = wire.connect()
    server.send(b"stuck")
    server.close()
    assert client.is_silent(0.3)
    wire.remove("bandwidth_downstream")
    assert client.rest() == (b"stuck", "fin")


def test_raised_bandwidth_speeds_up_what_is_on_the_way(wire: Wire) -> None:
    wire.toxic("bandwidth", rate=1)
    client, server = wire.connect()
    server.send(b"x" * 200_000)
    time.sleep(0.1)
    began_s = time.monotonic()
    wire.change("bandwidth_downstream", rate=100_000)
    assert len(client.read(200_000)) == 200_000
    assert time.monotonic() - began_s < 10  # at the old rate it would be 200 s


def test_slow_close_delays_the_end_and_not_the_data(wire: Wire) -> None:
    wire.toxic("slow_close", delay=800)
    client, server = wire.connect()
    began_s = server.send(b"answer")
    server.close()
    assert client.read(6) == b"answer"
    assert time.monotonic() - began_s < 0.8
    assert client.rest() == (b"", "fin")
    assert time.monotonic() - began_s >= 0.8


def test_removed_slow_close_closes_at_once(wire: Wire) -> None:
    wire.toxic("slow_close", delay=60_000)
    client, server = wire.connect()
    server.close()
    assert client.is_silent(0.2)
    wire.remove("slow_close_downstream")
    assert client.rest() == (b"", "fin")


def test_changed_slow_close_starts_its_delay_again(wire: Wire) -> None:
    wire.toxic("slow_close", delay=60_000)
    client, server = wire.connect()
    server.close()
    assert client.is_silent(0.1)
    began_s = time.monotonic()
    wire.change("slow_close_downstream", delay=300)
    assert client.rest() == (b"", "fin")
    assert 0.3 <= time.monotonic() - began_s < 5


def test_slicer_cuts_into_pieces_with_pauses(wire: Wire) -> None:
    wire.toxic("slicer", average_size=10, size_variation=0, delay=30_000)
    client, server = wire.connect()
    sent_s = server.send(b"0123456789" * 8)
    pieces: list[bytes] = []
    while sum(map(len, pieces)) < 80:
        pieces.append(client.sock.recv(1000))
    assert b"".join(pieces) == b"0123456789" * 8
    assert pieces == [b"0123456789"] * 8
    assert time.monotonic() - sent_s >= 7 * 0.03


def test_slicer_varies_sizes_within_its_bounds(wire: Wire) -> None:
    wire.toxic("slicer", average_size=40, size_variation=10, delay=20_000)
    client, server = wire.connect()
    server.send(b"x" * 1000)
    sizes: list[int] = []
    while sum(sizes) < 1000:
        sizes.append(len(client.sock.recv(2000)))
    assert len(sizes) > 15
    assert max(sizes) <= 100
    assert len(set(sizes)) > 1


def test_removed_slicer_sends_the_rest_whole(wire: Wire) -> None:
    wire.toxic("slicer", average_size=1, size_variation=0, delay=1_000_000)
    client, server = wire.connect()
    server.send(b"x" * 1000)
    assert client.read(1) == b"x"
    wire.remove("slicer_downstream")
    assert len(client.read(999)) == 999


def test_each_direction_has_its_own_chain(wire: Wire) -> None:
    wire.toxic("latency", "upstream", latency=150)
    wire.toxic("latency", "downstream", latency=250)
    client, server = wire.connect()
    sent_s = client.send(b"?")
    server.read(1)
    server.send(b"!")
    client.read(1)
    assert time.monotonic() - sent_s >= 0.4
