"""timeout, reset_peer, slow_close and limit_data in virtual time."""

from seatrial.faults.engine.toxics.limit_data import LimitDataToxic
from seatrial.faults.engine.toxics.reset_peer import ResetPeerToxic
from seatrial.faults.engine.toxics.slow_close import SlowCloseToxic
from seatrial.faults.engine.toxics.timeout import TimeoutToxic

from ..rig import Rig, handed_over


def test_timeout_ends_when_nothing_came_for_its_time() -> None:
    rig = Rig()
    stage = rig.stage(TimeoutToxic(timeout=500))
    for _ in range(4):
        rig.advance(0.3)
        rig.send(stage, b"lost")
    rig.advance(10)
    assert (rig.arrived, rig.ended_s, rig.timers) == ([], 1.7, 0)


def test_timeout_zero_never_ends_by_itself() -> None:
    rig = Rig()
    stage = rig.stage(TimeoutToxic())
    rig.send(stage, b"lost")
    rig.advance(1e6)
    assert (rig.arrived, rig.ended_s) == ([], None)
    stage.end()
    assert rig.ended_s == 1e6


def test_removed_timeout_ends_once() -> None:
    rig = Rig()
    stage = rig.stage(TimeoutToxic(timeout=100))
    assert stage.halt() == ([], False)
    stage.removed()
    stage.removed()
    rig.advance(1)
    assert rig.ended_s == 0.0


def test_changed_timeout_begins_again() -> None:
    rig = Rig()
    stage = rig.stage(TimeoutToxic(timeout=500))
    rig.advance(0.4)
    handed_over(stage, rig.stage(TimeoutToxic(timeout=300)))
    rig.advance(10)
    assert rig.ended_s == 0.7


def test_reset_peer_is_lit_by_the_first_data() -> None:
    rig = Rig()
    stage = rig.stage(ResetPeerToxic(timeout=200))
    rig.advance(5)
    assert not rig.was_reset
    rig.send(stage, b"a")
    rig.advance(0.1)
    rig.send(stage, b"b")
    rig.advance(5)
    assert (rig.arrived, rig.reset_s) == ([], 5.2)


def test_reset_peer_is_lit_by_an_end_that_it_keeps_back() -> None:
    rig = Rig()
    rig.stage(ResetPeerToxic(timeout=0)).end()
    rig.advance(0)
    assert (rig.ended_s, rig.reset_s) == (None, 0.0)


def test_changed_reset_peer_waits_its_new_time_when_it_was_lit() -> None:
    rig = Rig()
    memory: dict[str, int] = {}
    stage = rig.stage(ResetPeerToxic(timeout=60_000), memory)
    rig.send(stage, b"lost")
    rig.advance(1)
    handed_over(stage, rig.stage(ResetPeerToxic(timeout=500), memory))
    rig.advance(60)
    assert rig.reset_s == 1.5


def test_removed_reset_peer_resets_what_lost_data_and_nothing_else() -> None:
    rig = Rig()
    stage = rig.stage(ResetPeerToxic(timeout=1000))
    stage.halt()
    stage.removed()
    assert not rig.was_reset
    stage = rig.stage(ResetPeerToxic(timeout=1000))
    rig.send(stage, b"lost")
    stage.halt()
    stage.removed()
    assert rig.reset_s == 0.0


def test_slow_close_delays_the_end_alone() -> None:
    rig = Rig()
    stage = rig.stage(SlowCloseToxic(delay=200))
    rig.send(stage, b"a")
    stage.end()
    assert (rig.data, rig.ended_s) == (b"a", None)
    rig.advance(1)
    assert rig.ended_s == 0.2


def test_changed_slow_close_starts_again_and_a_past_end_stays_past() -> None:
    rig = Rig()
    stage = rig.stage(SlowCloseToxic(delay=200))
    stage.end()
    rig.advance(0.1)
    later = rig.stage(SlowCloseToxic(delay=300))
    handed_over(stage, later)
    rig.advance(1)
    assert rig.ended_s == 0.4
    assert later.halt() == ([], False)


def test_limit_data_cuts_at_the_byte_and_ends() -> None:
    rig = Rig()
    stage = rig.stage(LimitDataToxic(bytes=5))
    for data in (b"123", b"456", b"789"):
        rig.send(stage, data)
    stage.end()
    assert (rig.data, rig.ended_s) == (b"12345", 0.0)


def test_limit_data_counts_across_changes() -> None:
    rig = Rig()
    memory: dict[str, int] = {}
    stage = rig.stage(LimitDataToxic(bytes=5), memory)
    rig.send(stage, b"1234")
    raised = rig.stage(LimitDataToxic(bytes=8), memory)
    handed_over(stage, raised)
    rig.send(raised, b"56789")
    assert (rig.data, rig.ended_s) == (b"12345678", 0.0)


def test_limit_data_reached_is_final_also_when_it_is_raised() -> None:
    rig = Rig()
    memory: dict[str, int] = {}
    stage = rig.stage(LimitDataToxic(bytes=1), memory)
    rig.send(stage, b"12")
    raised = rig.stage(LimitDataToxic(bytes=100), memory)
    handed_over(stage, raised)
    rig.send(raised, b"more")
    raised.end()
    assert rig.data == b"1"
