"""The catalogue's faults on a link of the simulated network."""

import asyncio
from collections.abc import Callable
from contextlib import closing

import pytest

from seatrial.faults import (
    BadRequestError,
    FaultSpec,
    ToxicNotFoundError,
    bandwidth,
    black_hole,
    down,
    latency,
    reset,
    reset_midway,
    slices,
    slow_close,
    truncated,
)
from seatrial.simulation import Simulation
from seatrial.virtual.proxy import LinkProxy

ANSWER = b"x" * 1000


async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1)
    writer.write(ANSWER)
    writer.close()


async def asked(fault: FaultSpec | None, simulation: Simulation) -> tuple[object, float]:
    """Return the answer, or the error in its place, and when it was whole."""
    server = await asyncio.start_server(answering, "provider", 80)
    proxy = LinkProxy("wire", simulation.link("provider", 80), "provider")
    if fault is not None:
        fault.apply(proxy, "1")
    began_s = simulation.elapsed_s
    try:
        async with asyncio.timeout(100):
            reader, writer = await asyncio.open_connection("provider", 80)
            with closing(writer):
                writer.write(b"?")
                answer: object = await reader.read()
    except (OSError, TimeoutError) as error:
        answer = type(error).__name__
    took_s = simulation.elapsed_s - began_s
    if fault is not None:
        fault.revert(proxy, "1")
        assert proxy.toxics() == ()
        assert proxy.enabled
    server.close()
    return answer, round(took_s, 1)


@pytest.mark.parametrize(
    ("fault", "answer", "took_s"),
    [
        (None, ANSWER, 0.0),
        (lambda: down(), "ConnectionRefusedError", 0.0),
        (lambda: latency(delay_s=2), ANSWER, 2.0),
        (lambda: bandwidth(kilobytes_per_s=1), ANSWER, 1.0),
        (lambda: black_hole(), "TimeoutError", 100.0),
        (lambda: reset(after_s=3), "ConnectionResetError", 3.0),
        (lambda: reset_midway(after_bytes=10), "ConnectionResetError", 0.0),
        (lambda: truncated(after_bytes=10), ANSWER[:10], 0.0),
        (lambda: slices(size=100, pause_s=1), ANSWER, 10.0),
        (lambda: slow_close(delay_s=4), ANSWER, 4.0),
    ],
)
def test_each_fault_does_what_its_name_says(
    fault: Callable[[], FaultSpec] | None, answer: object, took_s: float
) -> None:
    simulation = Simulation()
    found = simulation.run(asked(fault() if fault else None, simulation))
    assert found[0] == answer
    assert found[1] == pytest.approx(took_s, abs=0.11)


def test_a_share_of_the_connections_is_hit() -> None:
    async def main(simulation: Simulation) -> int:
        server = await asyncio.start_server(answering, "provider", 80)
        proxy = LinkProxy("wire", simulation.link("provider", 80), "provider")
        reset(share=0.5).apply(proxy)
        hit = 0
        for _ in range(40):
            reader, writer = await asyncio.open_connection("provider", 80)
            writer.write(b"?")
            try:
                assert await reader.read() == ANSWER
            except ConnectionResetError:
                hit += 1
            writer.close()
        server.close()
        return hit

    simulation = Simulation(seed=3)
    assert 10 <= simulation.run(main(simulation)) <= 30


def test_what_virtual_time_does_not_have_is_named() -> None:
    simulation = Simulation()
    simulation.network.names.add("provider")
    proxy = LinkProxy("wire", simulation.link("provider", 80), "provider")
    with pytest.raises(BadRequestError, match="no toxic 'noise'; it has latency"):
        proxy.add_toxic("noise")
    with pytest.raises(ToxicNotFoundError, match="no toxic none"):
        proxy.remove_toxic("none")
