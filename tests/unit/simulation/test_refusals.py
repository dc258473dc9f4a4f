"""A simulated run refuses what it can't do, with the line that asked; and its end."""

import asyncio
import contextvars
import gc
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.simulation import DeadlockError, Simulation, UnsupportedError, WallClockError

BoundEarly = socket.socket
HERE = "tests/unit/simulation/test_refusals.py"


async def start_a_thread() -> None:
    threading.Thread(target=print).start()


async def open_a_real_socket() -> None:
    BoundEarly()


async def open_a_unix_socket() -> None:
    socket.socket(socket.AF_UNIX)


async def connect_to_a_unix_socket() -> None:
    await asyncio.open_unix_connection("/tmp/x")  # noqa: S108 - never opened


async def open_a_datagram_socket() -> None:
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))


async def connect_and_block() -> None:
    socket.create_connection(("127.0.0.1", 80))


async def start_a_process() -> None:
    await asyncio.create_subprocess_exec("true")


async def start_a_process_and_block() -> None:
    subprocess.run([sys.executable, "--version"], check=True)  # noqa: ASYNC221 - it is tested


async def fork() -> None:
    os.fork()


async def handle_a_signal() -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, print)


async def handle_a_signal_without_the_loop() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


async def use_tls() -> None:
    async def main() -> None:
        context = ssl.create_default_context()
        await asyncio.open_connection("127.0.0.1", 80, ssl=context)

    server = await asyncio.start_server(print, "127.0.0.1", 80)
    try:
        await main()
    finally:
        server.close()


async def sleep_in_a_thread() -> None:
    await asyncio.to_thread(time.sleep, 1)


async def use_a_pool_of_processes() -> None:
    with ProcessPoolExecutor(1) as pool:
        await asyncio.get_running_loop().run_in_executor(pool, print)


async def watch_a_file() -> None:
    asyncio.get_running_loop().add_reader(0, print)


@pytest.mark.parametrize(
    ("ask", "what"),
    [
        (start_a_thread, "a thread"),
        (open_a_real_socket, "a socket of the operating system"),
        (open_a_unix_socket, "a socket of"),
        (connect_to_a_unix_socket, "a Unix socket"),
        (open_a_datagram_socket, "a datagram socket"),
        (connect_and_block, "a socket that blocks"),
        (start_a_process, "a subprocess"),
        (start_a_process_and_block, "a subprocess"),
        (fork, "a subprocess"),
        (handle_a_signal, "a signal handler"),
        (handle_a_signal_without_the_loop, "a signal handler"),
        (use_tls, "TLS"),
        (sleep_in_a_thread, "time.sleep"),
        (use_a_pool_of_processes, "a pool of processes"),
        (watch_a_file, "file descriptor 0"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_it_is_refused_with_the_line_that_asked(
    sim: Simulation, ask: Callable[[], Any], what: str
) -> None:
    with pytest.raises(UnsupportedError) as refused:
        sim.run(ask())
    assert refused.value.what.startswith(what)
    assert refused.value.where.startswith(HERE)
    if ask is not sleep_in_a_thread:
        assert ask.__name__ in refused.value.where or "main" in refused.value.where
    assert sim.refused == [str(refused.value)]


@pytest.mark.filterwarnings(
    "ignore:coroutine 'sleep'",
    "ignore:unclosed event loop",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
def test_a_second_loop_in_a_thread_is_refused(sim: Simulation) -> None:
    async def main() -> None:
        await asyncio.to_thread(lambda: asyncio.run(asyncio.sleep(1)))

    with pytest.raises(UnsupportedError, match="as a second event loop needs"):
        sim.run(main())
    gc.collect()  # the half-made loop, which asyncio leaves behind


def test_a_refusal_that_is_swallowed_is_noted(sim: Simulation) -> None:
    async def main() -> None:
        try:
            await start_a_thread()
        except Exception:  # noqa: BLE001 - as applications do
            return

    sim.run(main())
    assert len(sim.refused) == 1
    assert "a thread" in sim.refused[0]


def test_threads_can_be_allowed() -> None:
    async def main() -> int:
        done: list[int] = []
        thread = threading.Thread(target=lambda: done.append(1))
        thread.start()
        thread.join()
        return len(done)

    assert Simulation(allow_threads=True).run(main()) == 1


def test_nothing_is_refused_outside_a_run(sim: Simulation) -> None:
    with sim:
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()
        BoundEarly().close()
    assert sim.refused == []


def test_an_unknown_host_is_not_found_and_the_known_ones_are_named(sim: Simulation) -> None:
    async def main() -> None:
        sim.network.names.add("users")
        with pytest.raises(socket.gaierror, match=r"'user' isn't a host .* localhost, users"):
            await asyncio.open_connection("user", 80)

    sim.run(main())


def test_names_are_resolved_without_a_loop_as_well(sim: Simulation) -> None:
    address = sim.network.names.add("users")
    with sim:
        assert socket.gethostbyname("users") == address
        assert socket.getaddrinfo("users", 80)[0][4] == (address, 80)


def test_functions_of_executors_run_inline_in_no_time(sim: Simulation) -> None:
    variable = contextvars.ContextVar("variable", default=0)

    def work(number: int) -> tuple[int, int]:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return number, variable.get()

    async def main() -> list[tuple[int, int]]:
        variable.set(5)
        began_s = time.monotonic()
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1) as pool:
            found = [
                await loop.run_in_executor(None, work, 1),
                await loop.run_in_executor(pool, work, 2),
                await asyncio.to_thread(work, 3),
                await anyio.to_thread.run_sync(work, 4),
            ]
        assert time.monotonic() == began_s
        return found

    assert sim.run(main()) == [(1, 0), (2, 0), (3, 5), (4, 5)]


def test_an_error_in_an_executor_reaches_who_waits(sim: Simulation) -> None:
    async def main() -> None:
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        with pytest.raises(RuntimeError, match="StopIteration"):
            await asyncio.to_thread(next, iter(()))

    sim.run(main())


def test_a_deadlock_lists_what_waits_and_where(sim: Simulation) -> None:
    async def wait_for_nobody() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        waiting = asyncio.create_task(wait_for_nobody(), name="worker")
        await waiting

    with pytest.raises(DeadlockError) as deadlock:
        sim.run(main())
    [of_main, of_worker] = sorted(deadlock.value.waiting)
    assert of_worker.startswith(f"worker: {HERE}:")
    assert "wait_for_nobody" in of_worker
    assert "main" in of_main


def test_a_server_that_only_waits_is_a_deadlock(sim: Simulation) -> None:
    async def main() -> None:
        async with await asyncio.start_server(print, "127.0.0.1", 80) as server:
            await server.serve_forever()

    with pytest.raises(DeadlockError, match="serve_forever"):
        sim.run(main())


def test_a_deadlock_that_resists_cancelling_is_still_reported(sim: Simulation) -> None:
    async def main() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.Event().wait()

    with pytest.raises(DeadlockError):
        sim.run(main())


@pytest.mark.parametrize("step_s", [0, 0.1])
def test_a_run_that_repeats_without_end_is_stopped_by_the_real_clock(step_s: float) -> None:
    async def main() -> None:
        while True:  # noqa: ASYNC110 - uvicorn does so
            await asyncio.sleep(step_s)

    with pytest.raises(WallClockError, match=r"more than 0\.05 s of real time") as stopped:
        Simulation(wall_limit_s=0.05).run(main())
    assert HERE in str(stopped.value)


@given(delays_s=st.lists(st.floats(0, 1e6, allow_nan=False), max_size=5))
def test_it_runs_inside_a_hypothesis_test(delays_s: list[float]) -> None:
    simulation = Simulation()

    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(delay_s) for delay_s in delays_s))

    simulation.run(main())
    assert simulation.elapsed_s == pytest.approx(max(delays_s, default=0), abs=1e-8)


def test_anyio_runs_on_it(sim: Simulation) -> None:
    async def main() -> float:
        async with anyio.create_task_group() as group:
            group.start_soon(anyio.sleep, 100)
        return anyio.current_time()

    with sim:
        began_s = time.monotonic()
        ended_s = anyio.run(main, backend_options={"loop_factory": sim.new_event_loop})
    assert ended_s - began_s == 100


async def test_the_loop_that_pytest_runs_on_is_not_touched() -> None:
    began_s = time.monotonic()
    await asyncio.sleep(0)
    assert time.monotonic() - began_s < 60
