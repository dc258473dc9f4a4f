"""Every action, as it looks on the wire and in the journal."""

import asyncio
import json
import re
import time
from email.utils import parsedate_to_datetime
from time import monotonic

import pytest

from seatrial.tap import (
    ACTIONS,
    Action,
    AnotherSchema,
    Body,
    BrokenJson,
    Close,
    Delay,
    Drip,
    EmptyBody,
    Forward,
    ForwardThen,
    HalfBody,
    Hang,
    JournalEntry,
    LoseThenRepeat,
    Match,
    Reset,
    Rule,
    Status,
    When,
)
from tests.integration.tap.rig import GET, Rig, Script, Wire, answering, rig

USER = b'{"id": "u-1", "name": "Ada"}'
FOUND = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Own: 1\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(USER), USER)
)
RESET = b"<reset>"


async def under(
    action: Action, request: bytes = GET, script: Script | None = None
) -> tuple[bytes, JournalEntry]:
    """All bytes that a consumer gets while an action is in force, and what the journal says."""
    closing = request.replace(b"host: provider", b"host: provider\r\nconnection: close")
    async with rig(script or answering(FOUND)) as r:
        r.tap.set_plan((Rule(do=action),))
        async with r.connect() as wire:
            await wire.send(closing)
            try:
                answer = await wire.rest()
            except ConnectionResetError:
                answer = RESET
        (entry,) = r.tap.journal.page().entries
        return answer, entry


def parted(answer: bytes) -> tuple[bytes, bytes]:
    """Head and body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


async def test_forward_is_no_fault() -> None:
    answer, entry = await under(Forward())
    assert parted(answer)[1] == USER
    assert (entry.status, entry.fault, entry.rule) == (200, None, None)


async def test_status_answers_with_its_headers_and_a_problem_and_asks_nobody() -> None:
    answer, entry = await under(Status(status=429, headers={"Retry-After": "7"}))
    head, body = parted(answer)
    assert head.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert b"\r\nretry-after: 7\r\n" in head
    assert json.loads(body)["status"] == 429
    assert (entry.status, entry.provider_status, entry.fault, entry.rule) == (
        429,
        None,
        "status",
        0,
    )


async def test_status_is_said_as_late_as_it_is_to_be() -> None:
    answer, entry = await under(Status(status=503, delay_s=0.05))
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert entry.answered_s is not None
    assert entry.answered_s - entry.arrived_s >= 0.05


async def test_status_says_when_to_come_again_once() -> None:
    twice = Status(status=503, retry_after_s=7, headers={"Retry-After": "9"})
    for action, said in ((Status(status=429, retry_after_s=7), b"7"), (twice, b"9")):
        head, _ = parted((await under(action))[0])
        assert head.count(b"retry-after") == 1
        assert b"\r\nretry-after: %s" % said in head


async def test_status_says_when_to_come_again_by_a_date_in_whole_seconds() -> None:
    earliest_s = time.time() + 1.4
    head, _ = parted((await under(Status(status=429, retry_after_date_s=1.4)))[0])
    (said,) = re.findall(rb"\r\nretry-after: (.*) GMT", head)
    asked_s = parsedate_to_datetime(f"{said.decode()} GMT").timestamp()
    assert earliest_s <= asked_s <= time.time() + 2.4


async def test_status_answers_with_a_body_of_the_plans() -> None:
    answer, _ = await under(Status.model_validate({"status": 599, "json": {"code": 1}}))
    assert parted(answer)[1] == b'{"code": 1}'


async def test_body_is_another_one_with_200() -> None:
    answer, entry = await under(Body.model_validate({"json": {"uid": 1}}))
    head, body = parted(answer)
    assert (head.split()[1], body) == (b"200", b'{"uid": 1}')
    assert (entry.provider_status, entry.fault) == (None, "body")


async def test_body_may_be_null_or_no_json_at_all() -> None:
    assert parted((await under(Body.model_validate({"json": None})))[0])[1] == b"null"
    assert parted((await under(Body(text="<html>")))[0])[1] == b"<html>"


@pytest.mark.parametrize("said", [USER, b"12", b"", b'"a"', b"[1, 2"])
async def test_broken_json_is_a_whole_answer_that_no_parser_takes(said: bytes) -> None:
    answer, entry = await under(BrokenJson(text=said.decode()))
    head, body = parted(answer)
    assert b"content-length: %d\r\n" % len(body) in head
    with pytest.raises(ValueError, match=r"."):
        json.loads(body)
    assert entry.answered_s is not None


async def test_broken_json_is_made_of_the_providers_own_answer() -> None:
    answer, entry = await under(BrokenJson())
    head, body = parted(answer)
    assert body == USER[: len(USER) // 2]
    assert b"x-own: 1" in head
    assert (entry.provider_status, entry.fault) == (200, "broken_json")


async def test_empty_body_keeps_the_providers_head() -> None:
    head, body = parted((await under(EmptyBody()))[0])
    assert b"x-own: 1" in head
    assert b"content-length: 0" in head
    assert body == b""


async def test_another_schema_is_the_providers_answer_with_other_types() -> None:
    answer, entry = await under(AnotherSchema())
    head, body = parted(answer)
    assert json.loads(body) == {"id": 3, "name": 3}
    assert head.startswith(b"HTTP/1.1 200 ")
    assert (entry.provider_status, entry.fault, entry.error) == (200, "another_schema", None)


async def test_another_schema_that_changes_nothing_is_said_in_the_journal() -> None:
    answer, entry = await under(
        AnotherSchema.model_validate({"changes": [{"op": "null", "at": "/no"}]})
    )
    assert parted(answer)[1] == USER
    assert "nothing in this answer could be changed" in (entry.error or "")


@pytest.mark.parametrize(("then", "lost"), [("reset", RESET), ("close", b"")])
async def test_lost_answer_is_given_when_the_request_is_repeated(then: str, lost: bytes) -> None:
    paid: list[bytes] = []

    async def provider(wire: Wire) -> None:
        while True:
            head, _ = await wire.message()
            paid.append(head)
            await wire.send(b"HTTP/1.1 201 Created\r\ncontent-length: 1\r\n\r\n%d" % len(paid))

    def post(key: bytes) -> bytes:
        return b"POST /pay HTTP/1.1\r\nhost: h\r\nidempotency-key: %s\r\n\r\n" % key

    async with rig(provider) as r:
        r.tap.set_plan((Rule(do=LoseThenRepeat.model_validate({"then": then})),))
        got = [await _asked(r, post(key)) for key in (b"a", b"a", b"a", b"b", b"b")]
        r.tap.set_plan((Rule(do=LoseThenRepeat()),))
        forgotten = await _asked(r, post(b"a"))
        entries = r.tap.journal.page().entries
    assert [answer[-1:] if answer != RESET else RESET for answer in got] == [
        *(lost, b"1", b"1"),
        *(lost, b"2"),
    ]
    assert forgotten == RESET
    assert len(paid) == 3
    assert [entry.provider_status for entry in entries] == [201, None, None, 201, None, 201]


async def _asked(r: Rig, request: bytes) -> bytes:
    """Return what one request on a connection of its own gets, if only its end."""
    async with r.connect() as wire:
        await wire.send(request)
        try:
            head, body = await wire.message()
        except ConnectionResetError:
            return RESET
        except asyncio.IncompleteReadError as end:
            return end.partial
        return head + body


async def test_fault_for_a_user_leaves_the_others_alone() -> None:
    async with rig() as r:
        r.tap.set_plan((Rule(match=Match(entity="1"), do=Status()),))
        assert (await r.ask()).startswith(b"HTTP/1.1 503 ")
        assert (await r.ask(GET.replace(b"users/1", b"users/2"))).endswith(b"ok")


@pytest.mark.parametrize(("then", "rest"), [("close", None), ("reset", RESET)])
async def test_half_body_promises_all_and_breaks_off(then: str, rest: bytes | None) -> None:
    answer, entry = await under(HalfBody.model_validate({"then": then}))
    if rest is None:
        head, body = parted(answer)
        assert b"content-length: %d\r\n" % len(USER) in head
        assert body == USER[: len(USER) // 2]
    else:
        assert answer == rest
    assert (entry.status, entry.answered_s, entry.answer_bytes) == (200, None, len(USER) // 2)


async def test_half_of_an_empty_body_breaks_off_too() -> None:
    head, body = parted((await under(HalfBody(text="")))[0])
    assert b"content-length: 1\r\n" in head
    assert body == b""


async def test_drip_sends_a_few_bytes_at_a_time_and_all_of_them() -> None:
    began_s = monotonic()
    answer, entry = await under(Drip(step_bytes=10, interval_s=0.02))
    assert parted(answer)[1] == USER
    assert monotonic() - began_s >= 3 * 0.02
    assert entry.answered_s is not None


async def test_drip_of_nothing_is_answered_with_its_head() -> None:
    answer, entry = await under(Drip(text=""))
    assert answer.endswith(b"\r\n\r\n")
    assert entry.answered_s is not None


async def test_reset_resets_and_asks_nobody() -> None:
    answer, entry = await under(Reset())
    assert answer == RESET
    assert (entry.status, entry.provider_status, entry.aborted) == (None, None, False)


async def test_close_closes_without_an_answer() -> None:
    answer, entry = await under(Close())
    assert answer == b""
    assert (entry.status, entry.provider_status) == (None, None)


async def test_hang_says_nothing_until_its_time_is_over() -> None:
    began_s = monotonic()
    answer, entry = await under(Hang(hang_s=0.05))
    assert answer == b""
    assert monotonic() - began_s >= 0.05
    assert entry.fault == "hang"


async def test_hang_ends_with_the_consumer() -> None:
    async with rig() as r:
        r.tap.set_plan((Rule(do=Hang(hang_s=60)),))
        async with r.connect() as wire:
            await wire.send(GET)
        await r.idle()
        assert r.tap.journal.page().entries[0].aborted


async def test_delay_passes_on_after_a_wait() -> None:
    answer, entry = await under(Delay(delay_s=0.05))
    assert parted(answer)[1] == USER
    assert entry.answered_s is not None
    assert entry.answered_s - entry.arrived_s >= 0.05
    assert (entry.provider_status, entry.fault) == (200, "delay")


@pytest.mark.parametrize(("then", "seen"), [("reset", RESET), ("close", b""), ("hang", b"")])
async def test_answer_is_lost_after_the_provider_has_done_it(then: str, seen: bytes) -> None:
    action = ForwardThen.model_validate({"then": then, "hangS": 0.02})
    answer, entry = await under(action)
    assert answer == seen
    assert (entry.status, entry.provider_status) == (None, 200)


async def test_answer_that_is_too_long_to_be_spoiled_ends_the_connection() -> None:
    async def script(wire: Wire) -> None:
        await wire.message()
        await wire.send(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % 10**8)
        while True:
            await wire.send(bytes(2**16))

    answer, entry = await under(BrokenJson(), script=script)
    assert answer == b""
    assert "too long" in (entry.error or "")


@pytest.mark.parametrize("kind", ["status", "body", "broken_json", "empty_body", "drip"])
async def test_answer_to_head_has_no_body(kind: str) -> None:
    given = {"kind": kind} if kind == "status" else {"kind": kind, "text": "some"}
    head, body = parted((await under(ACTIONS[kind].model_validate(given), b"HEAD" + GET[3:]))[0])
    assert head.startswith(b"HTTP/1.1 ")
    assert body == b""


async def test_answer_204_has_neither_body_nor_length() -> None:
    answer, _ = await under(Status(status=204))
    assert answer.endswith(b"\r\n\r\n")
    assert b"content-length" not in answer


async def test_connection_goes_on_after_an_answer_in_the_providers_place() -> None:
    async with rig() as r, r.connect() as wire:
        r.tap.set_plan((Rule(do=Status(), when=When(first=1)),))
        post = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\n\r\nbody"
        await wire.send(post)
        assert (await wire.message())[0].startswith(b"HTTP/1.1 503 ")
        await wire.send(post)
        assert (await wire.message())[1] == b"ok"


async def test_answer_before_the_body_has_come_isnt_lost_with_the_connection() -> None:
    head = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 300000\r\n\r\n"
    async with rig() as r:
        r.tap.set_plan((Rule(do=Status()),))
        for _ in range(20):
            async with r.connect() as wire:
                await wire.send(head)
                await asyncio.sleep(0.001)
                await wire.send(bytes(300_000))
                assert json.loads((await wire.rest()).partition(b"\r\n\r\n")[2])["status"] == 503
