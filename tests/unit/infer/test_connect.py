"""When an attempt that can't connect is given up, from for how long connections were tried."""

import asyncio
import socket
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import cast

import pytest

from seatrial.checks import Call
from seatrial.infer.experiments.connect import Connect, _tried
from seatrial.infer.lab import PHASE, Lab
from seatrial.infer.parameters import Certainty, Inferred
from seatrial.infer.trials import Trial
from seatrial.infer.unanswered import CannotLeaveUnansweredError, Unanswered, unanswered
from tests.unit.infer.planted import known, value_of


def concluded(*lives_s: float, pause_s: float = 0.1, ended: bool = True) -> Inferred:
    """Conclude from connections that were tried for so long, each a pause after the one before."""
    facts, now_s = {"ended": float(ended), "gap_s": 0.01}, 0.0
    for place, life_s in enumerate(lives_s):
        facts |= {f"from-{place}": now_s, f"life-{place}": life_s}
        now_s += life_s + pause_s
    facts["took_s"] = now_s - pause_s
    return timeout(facts)


def timeout(facts: dict[str, float]) -> Inferred:
    trial = Trial("unanswered", (), (), facts)
    return Connect().conclude([trial], known()).parameters["retry.connect_timeout_s"]


def test_connections_that_were_tried_for_as_long_agree_on_the_timeout() -> None:
    found = concluded(0.39, 0.40, 0.395)
    assert found.is_measured
    assert abs(value_of(found) - 0.4) < 0.02


def test_those_that_were_not_bound_it() -> None:
    found = concluded(0.1, 0.4)
    assert found.certainty is Certainty.BOUNDED
    assert (found.high or 0) >= 0.4


def test_the_last_one_may_have_been_cut_by_a_deadline() -> None:
    assert abs(value_of(concluded(0.4, 0.1)) - 0.4) < 0.02


def test_a_connection_that_outlives_its_attempt_says_no_more_than_when_the_next_began() -> None:
    """As of Go's client, whose attempts of 0.65 s leave their connections to others."""
    both = {"from-0": 0.0, "life-0": 1.3, "life-1": 0.65, "ended": 1.0, "gap_s": 0.01}
    found = timeout({**both, "from-1": 0.66, "took_s": 1.31})
    assert abs(value_of(found) - 0.65) < 0.05
    found = timeout({**both, "from-1": 0.9, "took_s": 1.55})
    assert (found.certainty, (found.low or 1) <= 0.65) == (Certainty.BOUNDED, True)


def test_a_busy_machine_makes_lives_longer() -> None:
    """As seen: attempts of 0.49 s, the shortest of which took 0.502 s."""
    found = concluded(0.502, 0.623, 0.58)
    assert found.certainty is Certainty.BOUNDED
    assert (found.low or 1) <= 0.49
    found = concluded(0.64)  # of 0.6 s
    assert (found.low or 1) <= 0.6


def test_a_busy_machine_makes_lives_shorter_too() -> None:
    """As seen: attempts of 0.55 s, of which looking the name up in a thread took a part."""
    found = concluded(0.46, 0.51, 0.49, 0.52, 0.541)
    assert found.certainty is Certainty.BOUNDED
    assert (found.high or 0) >= 0.55


def test_one_that_is_still_tried_bounds_it_from_below() -> None:
    """Three attempts, which wait for 0.2 s in all at most, may have shared the connection."""
    found = concluded(5.0, ended=False)
    assert (found.certainty, found.high) == (Certainty.BOUNDED, None)
    assert found.low == (5.0 - 0.2) / 3


def test_one_that_is_still_tried_after_others_were_given_up_is_left_out() -> None:
    assert concluded(2.0, 2.01, 0.7, ended=False).is_measured


def test_without_a_connection_nothing_is_concluded() -> None:
    assert concluded().certainty is Certainty.UNDECIDED
    found = Connect().conclude([Trial("unanswered", (), (), whole=False)], known())
    assert found.parameters["retry.connect_timeout_s"].certainty is Certainty.UNDECIDED


@pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")
def test_who_tries_to_connect_to_an_address_that_answers_nothing_is_seen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host, port = taken.getsockname()
    try:
        with unanswered(host, port) as nobody, socket.socket() as client:
            client.setblocking(False)
            assert nobody.waiting() == set()
            client.connect_ex((host, port))
            assert nobody.waiting() == {client.getsockname()[1]}
            if not socket.has_ipv6:
                return
            with socket.socket(socket.AF_INET6) as both:  # as Java's sockets are
                both.setblocking(False)
                both.connect_ex((f"::ffff:{host}", port))
                ports = {client.getsockname()[1], both.getsockname()[1]}
                assert nobody.waiting() == ports
    except CannotLeaveUnansweredError as error:
        pytest.skip(str(error))


@pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")
def test_a_taken_address_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        host, port = taken.getsockname()
        with pytest.raises(CannotLeaveUnansweredError), unanswered(host, port):
            raise AssertionError


@pytest.mark.parametrize(("status", "ended"), [(503, 1.0), (None, 0.0)])
async def test_a_call_that_its_caller_gave_up_did_not_end(status: int | None, ended: float) -> None:
    """As seen of a client that never gives up: our own patience was taken for its timeout."""
    now_s = 0.0

    async def call() -> Call:
        for _ in range(5):
            await asyncio.sleep(0)
        return Call("a", PHASE, 0.0, now_s, "failed", status)

    async def sleep(seconds: float) -> None:
        nonlocal now_s
        now_s += seconds
        await asyncio.sleep(0)

    class FakeLab(SimpleNamespace):
        @property
        def now_s(self) -> float:
            return now_s

    lab = FakeLab(call=call, clock=SimpleNamespace(sleep=sleep), trial=_trial)
    nobody = SimpleNamespace(waiting=lambda: {1})
    found = await _tried(cast("Lab", lab), "unanswered", cast("Unanswered", nobody), longest_s=1.0)
    assert found.facts["ended"] == ended


async def _trial(label: str, calls: Sequence[Call], facts: Mapping[str, float], **_: bool) -> Trial:
    return Trial(label, tuple(calls), (), facts)
