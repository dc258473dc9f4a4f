"""The faults of links, and what links count."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from seatrial.simulation import (
    LinkBandwidth,
    LinkBlackHole,
    LinkDown,
    LinkFault,
    LinkLatency,
    LinkRefused,
    LinkReset,
    LinkResetAfter,
    LinkSlices,
    LinkSlowClose,
    LinkTruncation,
    LinkUnreachable,
    NetworkLink,
    Simulation,
    SimulationError,
)
from tests.unit.simulation.wire import Recorder, turns

LATENCY_S = 0.0005

Scene = Callable[[NetworkLink, "Timed", Recorder], Awaitable[None]]


class Timed(Recorder):
    """Notes when data came, too."""

    def __init__(self) -> None:
        super().__init__()
        self.times_s: list[float] = []

    def data_received(self, data: bytes) -> None:
        """Note the time."""
        self.times_s.append(asyncio.get_running_loop().time())
        super().data_received(data)


@asynccontextmanager
async def served(sim: Simulation) -> AsyncIterator[tuple[NetworkLink, list[Recorder]]]:
    """A host `provider` that notes what comes."""
    accepted: list[Recorder] = []

    def accept() -> Recorder:
        accepted.append(Recorder())
        return accepted[-1]

    server = await asyncio.get_running_loop().create_server(accept, "provider", 80)
    try:
        yield sim.link("provider", 80), accepted
    finally:
        server.close()


async def connect() -> Timed:
    _, client = await asyncio.get_running_loop().create_connection(Timed, "provider", 80)
    await turns(5)
    return client


def now_s() -> float:
    return asyncio.get_running_loop().time()


def run(sim: Simulation, scene: Scene, fault: LinkFault | None = None) -> None:
    """Play a scene on a connection to `provider`, on whose link a fault is."""

    async def main() -> None:
        async with served(sim) as (link, accepted):
            client = await connect()
            if fault is not None:
                link.add(fault)
            await scene(link, client, accepted[0])
            for end in (client, *accepted):
                end.transport.abort()
            link.reset_connections()
            await turns()

    sim.run(main())


def test_connecting_and_each_segment_take_the_latency(sim: Simulation) -> None:
    async def scene(link: NetworkLink, _: Timed, first: Recorder) -> None:
        link.latency_s = 0.25
        began_s = now_s()
        client = await connect()
        assert now_s() - began_s == 0.5
        client.transport.write(b"x")
        client.transport.write_eof()
        await asyncio.sleep(0.25)
        assert now_s() - began_s == 0.75
        await client.until_kind("lost")
        assert now_s() - began_s == 1.0

    run(sim, scene)


def test_latency_delays_answers_and_not_requests(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        began_s = now_s()
        client.transport.write(b"question")
        await server.until_data(8)
        assert now_s() - began_s == pytest.approx(LATENCY_S)
        server.transport.write(b"answer")
        await client.until_data(6)
        assert now_s() - began_s == pytest.approx(2 + 2 * LATENCY_S)

    run(sim, scene, LinkLatency(2.0))


def test_jitter_varies_and_keeps_the_order(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        for n in range(50):
            server.transport.write(bytes([n]))
            await asyncio.sleep(0.01)
        await client.until_data(50)
        assert client.data == bytes(range(50))
        gaps = {round(b - a, 6) for a, b in zip(client.times_s, client.times_s[1:], strict=False)}
        assert len(gaps) > 5

    run(sim, scene, LinkLatency(0.5, 0.4))


def test_a_removed_latency_does_not_let_later_bytes_overtake(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.write(b"first ")
        link.remove(LinkLatency(5.0))
        server.transport.write(b"second")
        await client.until_data(12)
        assert client.data == b"first second"

    run(sim, scene, LinkLatency(5.0))


def test_bandwidth_spreads_bytes_over_time(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        began_s = now_s()
        server.transport.write(b"x" * 5000)
        await client.until_data(2500)
        assert now_s() - began_s == pytest.approx(2.5, abs=0.1)
        await client.until_data(5000)
        assert now_s() - began_s == pytest.approx(5, abs=0.01)

    run(sim, scene, LinkBandwidth(1000))


def test_a_narrow_link_holds_its_writer_back(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.write(b"x" * 1_000_000)
        assert server.kinds == ["paused"]
        began_s = now_s()
        await server.until_kind("resumed")
        assert now_s() - began_s > 5

    run(sim, scene, LinkBandwidth(100_000))


def test_slices_arrive_in_small_pieces_apart(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.write(b"0123456789")
        await client.until_data(10)
        assert client.data == b"0123456789"
        gaps = [b - a for a, b in zip(client.times_s, client.times_s[1:], strict=False)]
        assert gaps == pytest.approx([0.1] * 3)

    run(sim, scene, LinkSlices(3, pause_s=0.1))


def test_a_slow_close_delays_the_end_and_no_bytes(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        began_s = now_s()
        server.transport.write(b"bye")
        server.transport.close()
        await client.until_data(3)
        assert now_s() - began_s == pytest.approx(LATENCY_S)
        await client.until_kind("eof")
        assert now_s() - began_s == pytest.approx(4 + LATENCY_S)

    run(sim, scene, LinkSlowClose(4.0))


def test_down_closes_what_is_open_and_refuses_what_comes(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        await client.until_kind("lost")
        await server.until_kind("lost")
        assert client.events == server.events == [("eof", None), ("lost", None)]
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await connect()
        link.remove(LinkDown())
        (await connect()).transport.abort()
        assert (link.attempts, link.accepted, link.refused) == (5, 2, 3)

    run(sim, scene, LinkDown())


def test_refused_leaves_what_is_open(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        with pytest.raises(ConnectionRefusedError):
            await connect()
        client.transport.write(b"still")
        await server.until_data(5)

    run(sim, scene, LinkRefused())


def test_an_unreachable_host_lets_connecting_hang_until_the_kernel_gives_up(
    sim: Simulation,
) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        client.transport.write(b"anybody?")
        began_s = now_s()
        with pytest.raises(TimeoutError):
            await connect()
        assert now_s() - began_s == 127
        assert server.events == []
        assert (link.attempts, link.accepted, link.unanswered) == (2, 1, 1)

    run(sim, scene, LinkUnreachable())


def test_a_black_hole_swallows_answers_and_its_end_closes_the_connection(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        client.transport.write(b"question")
        await server.until_data(8)
        server.transport.write(b"answer")
        await asyncio.sleep(3600)
        assert client.events == []
        link.remove(LinkBlackHole())
        await client.until_kind("lost")
        assert client.events == [("eof", None), ("lost", None)]

    run(sim, scene, LinkBlackHole())


def test_a_connection_that_lost_nothing_in_a_black_hole_lives_on(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        link.remove(LinkBlackHole())
        server.transport.write(b"answer")
        await client.until_data(6)

    run(sim, scene, LinkBlackHole())


def test_a_reset_comes_after_the_first_byte_and_no_byte_arrives(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        await asyncio.sleep(100)
        assert client.events == []
        began_s = now_s()
        client.transport.write(b"question")
        await client.until_kind("lost")
        await server.until_kind("lost")
        assert now_s() - began_s == pytest.approx(2 + LATENCY_S)
        assert client.events == server.events == [("lost", ConnectionResetError)]

    run(sim, scene, LinkReset(2.0))


def test_truncation_ends_the_connection_after_some_bytes(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.write(b"123")
        server.transport.write(b"456789")
        await client.until_kind("lost")
        assert client.events == [("data", b"12345"), ("eof", None), ("lost", None)]
        await server.until_kind("lost")

    run(sim, scene, LinkTruncation(5))


def test_what_is_written_after_a_truncation_is_answered_with_a_reset(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.pause_reading()  # so that it doesn't notice the end
        server.transport.write(b"123456789")
        await client.until_kind("lost")
        server.transport.write(b"more")
        await asyncio.sleep(1)
        server.transport.write(b"more")
        await server.until_kind("lost")
        assert server.lost is ConnectionResetError

    run(sim, scene, LinkTruncation(5))


def test_a_reset_midway_lets_the_bytes_before_it_through(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.write(b"123456789")
        await client.until_kind("lost")
        assert client.events == [("data", b"12345"), ("lost", ConnectionResetError)]

    run(sim, scene, LinkResetAfter(5))


def test_a_fault_in_the_other_direction_leaves_this_one(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        server.transport.write(b"answer")
        await client.until_data(6)
        client.transport.write(b"question")
        await asyncio.sleep(3600)
        assert server.events == []

    run(sim, scene, LinkBlackHole(direction="upstream"))


def test_faults_add_up(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        link.add(LinkLatency(1.0))
        began_s = now_s()
        server.transport.write(b"x" * 1000)
        await client.until_data(1000)
        assert now_s() - began_s == pytest.approx(2 + LATENCY_S)

    run(sim, scene, LinkBandwidth(1000))


def test_open_connections_can_be_reset_closed_or_lost(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        link.reset_connections()
        await client.until_kind("lost")
        assert client.lost is ConnectionResetError
        second = await connect()
        link.close_connections()
        await second.until_kind("lost")
        assert second.lost is None
        third = await connect()
        link.lose_connections()
        third.transport.write(b"hello?")
        await asyncio.sleep(3600)
        assert third.events == []
        assert link.connections == ()
        third.transport.abort()

    run(sim, scene)


def test_a_lost_connection_fills_its_writers_buffer(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        link.lose_connections()
        for _ in range(100):
            client.transport.write(b"x" * 10_000)
        await asyncio.sleep(60)
        assert client.kinds == ["paused"]

    run(sim, scene)


def test_removing_a_fault_that_is_not_there_says_so(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        with pytest.raises(SimulationError, match="isn't on the link to 10"):
            link.remove(LinkDown())

    run(sim, scene)


def test_links_of_other_ports_are_not_touched(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        sim.link("provider", 81).add(LinkDown())
        client.transport.write(b"fine")
        await server.until_data(4)
        assert sim.link("provider", 81).attempts == 0

    run(sim, scene)


def test_a_connect_that_is_cancelled_on_its_way_is_reset_at_the_server(sim: Simulation) -> None:
    async def scene(link: NetworkLink, client: Timed, server: Recorder) -> None:
        link.latency_s = 1.0
        connecting = asyncio.create_task(connect())
        await asyncio.sleep(1.5)  # the server has accepted, and the client doesn't know it yet
        assert (link.accepted, len(link.connections)) == (2, 2)
        connecting.cancel()
        await asyncio.sleep(2)
        assert len(link.connections) == 1

    run(sim, scene)
