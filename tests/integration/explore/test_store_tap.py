"""A tap before a real Valkey: what was sent before a use that is hit is done, and answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from seatrial.explore.alternatives import Alternatives
from seatrial.explore.contracts import Contracts
from seatrial.explore.driven import settled
from seatrial.explore.model import Fault, Point
from seatrial.explore.naming import Aliases
from seatrial.explore.processes import Processes
from seatrial.explore.stores import StoreTap
from seatrial.explore.valkey import ValkeyDialogue
from seatrial.explore.watch import Watch
from seatrial.system import Session, start_valkey


def run_with(operation: str, kind: str) -> Watch:
    """Return a run that has one fault."""
    plan = frozenset({Fault(Point("valkey:shop", operation), kind)})
    return Watch(plan, Aliases(), Alternatives(Processes(), 0), Contracts())


@asynccontextmanager
async def tapped(session: Session, run: Watch) -> AsyncIterator[tuple[StoreTap, str]]:
    server = start_valkey(session)
    password = server.url.partition("//:")[2].partition("@")[0]
    tap = StoreTap("valkey:shop", ValkeyDialogue)
    tap.lead_to(f"127.0.0.1:{server.port}")
    await tap.start("127.0.0.1", 0)
    tap.listen_to(run)
    try:
        yield tap, password
    finally:
        await tap.close()


async def said(tap: StoreTap, *lines: str) -> tuple[list[bytes], bool]:
    """Send commands all at once; return the answers, and whether a reset ended them."""
    reader, writer = await asyncio.open_connection(*tap.address.split(":"))
    for line in lines:
        words = line.split()
        sized = "".join(f"${len(word)}\r\n{word}\r\n" for word in words)
        writer.write(f"*{len(words)}\r\n{sized}".encode())
    answers: list[bytes] = []
    try:
        while len(answers) < len(lines):
            answers += [await reader.readuntil(b"\r\n")]
    except ConnectionResetError:
        return answers, True
    finally:
        writer.close()
    return answers, False


@pytest.mark.parametrize(("kind", "done"), [("reset", [b"*1\r\n"]), ("answer-lost", [b"*2\r\n"])])
async def test_what_comes_first_is_answered_and_then_the_connection_breaks(
    kind: str, done: list[bytes]
) -> None:
    run = run_with("SET b", kind)
    with Session() as session:
        async with tapped(session, run) as (tap, password):
            answers, is_reset = await said(tap, f"AUTH {password}", "SET a 1", "SET b 2", "SET c 3")
            assert (answers, is_reset) == ([b"+OK\r\n", b"+OK\r\n"], True)
            assert [one.injected for one in run.uses] == [None, kind]
            assert all(one.ended_s is not None for one in run.uses)
            answers, _ = await said(tap, f"AUTH {password}", "KEYS *")
    assert answers[1:] == done


async def test_what_hangs_is_let_go_when_the_run_ends() -> None:
    run = run_with("GET a", "hang")
    with Session() as session:
        async with tapped(session, run) as (tap, password):
            waiting = asyncio.ensure_future(said(tap, f"AUTH {password}", "SET b 2", "GET a"))
            await settled(run, 0.2)
            assert [one.kind for one in run.injected] == ["hang"]
            assert not waiting.done()
            assert run.under_way == 0
            tap.listen_to(None)
            assert await waiting == ([b"+OK\r\n", b"+OK\r\n"], True)


async def test_all_passes_between_runs_and_a_store_that_is_down_is_so_to_its_service() -> None:
    run = run_with("GET a", "reset")
    with Session() as session:
        async with tapped(session, run) as (tap, password):
            tap.listen_to(None)
            assert await said(tap, f"AUTH {password}", "GET a") == ([b"+OK\r\n", b"$-1\r\n"], False)
            tap.lead_to(f"127.0.0.1:{session.free_port()}")
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await said(tap, "PING")
    assert not run.uses
