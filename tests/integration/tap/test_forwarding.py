"""The provider's words reach the consumer as they were said, and the other way round."""

import asyncio

import pytest

from tests.integration.tap.rig import GET, OK, Wire, answer_ok, answering, rig

BIG = bytes(range(256)) * 20_000


async def test_answer_keeps_status_reason_and_headers_as_they_were_spelled() -> None:
    said = b"HTTP/1.1 207 Rather Odd\r\nX-One: 1\r\nx-One: 2\r\nContent-Length: 2\r\n\r\nok"
    async with rig(answering(said)) as r:
        assert await r.ask() == said


async def test_request_keeps_target_host_and_headers_as_they_were_spelled() -> None:
    heads: list[bytes] = []

    async def script(wire: Wire) -> None:
        heads.append((await wire.message())[0])
        await wire.send(OK)

    sent = (
        b"PATCH /a%2Fb?q=%20&q HTTP/1.1\r\nHost: its.own:9\r\nX-A: b\r\nContent-Length: 0\r\n\r\n"
    )
    async with rig(script) as r:
        await r.ask(sent)
    assert heads == [sent]


async def test_headers_of_one_hop_stay_on_it() -> None:
    heads: list[bytes] = []

    async def script(wire: Wire) -> None:
        heads.append((await wire.message())[0])
        await wire.send(b"HTTP/1.1 200 OK\r\nkeep-alive: timeout=5\r\ncontent-length: 0\r\n\r\n")

    async with rig(script) as r:
        answer = await r.ask(
            b"GET / HTTP/1.1\r\nhost: h\r\nconnection: x-mine, keep-alive, host\r\nx-mine: 1\r\n"
            b"te: trailers\r\nkeep-alive: 1\r\nproxy-connection: keep-alive\r\nx-kept: 1\r\n\r\n"
        )
    assert heads == [b"GET / HTTP/1.1\r\nhost: h\r\nx-kept: 1\r\n\r\n"]
    assert b"keep-alive" not in answer


async def test_one_consumer_connection_uses_one_provider_connection() -> None:
    async with rig() as r, r.connect() as wire:
        for _ in range(5):
            await wire.send(GET)
            assert (await wire.message())[1] == b"ok"
        assert len(r.provider.connections) == 1
        assert {entry.connection for entry in r.tap.journal.page().entries} == {1}


async def test_pipelined_requests_are_answered_in_their_order() -> None:
    async def script(wire: Wire) -> None:
        while True:
            head, _ = await wire.message()
            path = head.split()[1]
            await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(path) + path)

    async with rig(script) as r, r.connect() as wire:
        requests = [b"GET /%d HTTP/1.1\r\nhost: h\r\n\r\n" % n for n in range(50)]
        await wire.send(b"".join(requests))
        answers = [(await wire.message())[1] for _ in requests]
    assert answers == [b"/%d" % n for n in range(50)]


async def test_pipelined_request_whose_body_comes_later_is_served() -> None:
    post = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\n"
    first_may_go = asyncio.Event()

    async def script(wire: Wire) -> None:
        await wire.message()
        await first_may_go.wait()
        await wire.send(OK)
        assert (await wire.message())[1] == b"body"
        await wire.send(OK)

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        await asyncio.sleep(0.01)
        await wire.send(post)
        await asyncio.sleep(0.01)
        await wire.send(b"body")
        first_may_go.set()
        assert [(await wire.message())[1] for _ in range(2)] == [b"ok", b"ok"]


async def test_chunked_answer_stays_chunked_with_its_trailers() -> None:
    said = (
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
        b"3\r\nabc\r\n2\r\nde\r\n0\r\nx-sum: 5\r\n\r\n"
    )
    async with rig(answering(said, OK)) as r, r.connect() as wire:
        await wire.send(GET)
        head = await wire.until(b"\r\n\r\n")
        body = await wire.until(b"x-sum: 5\r\n\r\n")
        assert b"transfer-encoding: chunked" in head
        assert b"content-length" not in head
        assert body in (
            b"5\r\nabcde\r\n0\r\nx-sum: 5\r\n\r\n",
            b"3\r\nabc\r\n2\r\nde\r\n0\r\nx-sum: 5\r\n\r\n",
        )
        await wire.send(GET)
        assert (await wire.message())[1] == b"ok"


async def test_chunked_request_reaches_the_provider_whole() -> None:
    got: list[bytes] = []

    async def script(wire: Wire) -> None:
        got.append(await wire.until(b"0\r\n\r\n"))
        await wire.send(OK)

    head = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
    async with rig(script) as r, r.connect() as wire:
        await wire.send(head + b"3\r\nabc\r\n")
        await asyncio.sleep(0.01)
        await wire.send(b"2;ext=1\r\nde\r\n0\r\n\r\n")
        assert (await wire.message())[1] == b"ok"
        assert r.tap.journal.page().entries[0].request_bytes == 5
    assert got == [head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"]


async def test_long_bodies_arrive_unchanged_both_ways() -> None:
    async def script(wire: Wire) -> None:
        _, body = await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body)

    async with rig(script) as r:
        request = b"PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % len(BIG)
        answer = await r.ask(request + BIG)
        entry = r.tap.journal.page().entries[0]
    assert answer.partition(b"\r\n\r\n")[2] == BIG
    assert (entry.request_bytes, entry.answer_bytes) == (len(BIG), len(BIG))


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"),
        ("HEAD", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n"),
    ],
)
async def test_answer_without_a_body_ends_with_its_head(method: str, said: bytes) -> None:
    async with rig(answering(said, OK)) as r, r.connect() as wire:
        await wire.send(b"%s / HTTP/1.1\r\nhost: h\r\n\r\n" % method.encode())
        assert await wire.until(b"\r\n\r\n") == said
        await wire.send(GET)
        assert (await wire.message())[1] == b"ok"


async def test_early_hints_reach_the_consumer_before_the_answer() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    async with rig(answering(hints + OK)) as r, r.connect() as wire:
        await wire.send(GET)
        assert await wire.until(b"\r\n\r\n") == hints
        assert (await wire.message())[1] == b"ok"


async def test_consumer_that_expects_continue_hears_it_from_the_provider() -> None:
    async def script(wire: Wire) -> None:
        head = await wire.until(b"\r\n\r\n")
        assert b"expect: 100-continue" in head
        await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await wire.exactly(4) == b"body"
        await wire.send(OK)

    async with rig(script) as r, r.connect() as wire:
        await wire.send(
            b"POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n"
        )
        assert await wire.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await wire.send(b"body")
        assert (await wire.message())[1] == b"ok"


async def test_refusal_before_the_body_reaches_a_consumer_that_expects_continue() -> None:
    said = b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"

    async def script(wire: Wire) -> None:
        await wire.until(b"\r\n\r\n")
        await wire.send(said)
        await wire.rest()

    async with rig(script) as r, r.connect() as wire:
        await wire.send(
            b"POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n"
        )
        answer = await wire.rest()
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer


async def test_consumer_that_asks_for_the_end_gets_it_after_the_answer() -> None:
    async with rig() as r, r.connect() as wire:
        await wire.send(b"GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n")
        answer = await wire.rest()
    assert answer.endswith(b"connection: close\r\n\r\nok")


async def test_body_that_ends_with_the_connection_stays_so() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\nuntil ")
        await asyncio.sleep(0.01)
        await wire.send(b"the end")

    async with rig(script) as r, r.connect() as wire:
        await wire.send(GET)
        answer = await wire.rest()
        (entry,) = r.tap.journal.page().entries
    assert answer == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nuntil the end"
    assert entry.answered_s is not None


async def test_old_consumer_gets_a_chunked_body_plain() -> None:
    said = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    async with rig(answering(said)) as r, r.connect() as wire:
        await wire.send(b"GET / HTTP/1.0\r\n\r\n")
        answer = await wire.rest()
    assert answer == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabc"


@pytest.mark.parametrize(
    "body",
    [
        b"content-length: 4\r\n\r\nbody",
        b"transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        b"\r\n",
    ],
)
async def test_offer_of_another_protocol_is_declined_and_the_request_served(body: bytes) -> None:
    heads: list[bytes] = []

    async def script(wire: Wire) -> None:
        while True:
            head = await wire.until(b"\r\n\r\n")
            heads.append(head)
            if b"chunked" in head:
                await wire.until(b"0\r\n\r\n")
            else:
                await wire.exactly(4 if b"content-length: 4" in head else 0)
            await wire.send(OK)

    offer = (
        b"POST / HTTP/1.1\r\nhost: h\r\nconnection: Upgrade, HTTP2-Settings\r\n"
        b"upgrade: h2c\r\nhttp2-settings: AAE\r\n"
    )
    async with rig(script) as r, r.connect() as wire:
        await wire.send(offer + body + offer + body)
        assert [(await wire.message())[1] for _ in range(2)] == [b"ok", b"ok"]
    assert all(b"upgrade" not in head.lower() for head in heads)


async def test_end_of_an_idle_provider_connection_ends_the_consumers() -> None:
    async with rig(answer_ok) as r, r.connect() as wire:
        await wire.send(GET)
        await wire.message()
        await r.provider.connections[0].close()
        assert await wire.rest() == b""
