"""bandwidth in virtual time."""

import pytest

from seatrial.faults.engine.toxics.bandwidth import BandwidthToxic

from ..rig import Rig, handed_over, texts


def test_data_goes_when_it_is_paid_for() -> None:
    rig = Rig()
    rig.send(rig.stage(BandwidthToxic(rate=1)), b"x" * 50)
    rig.advance(1)
    assert rig.arrived == [(0.05, b"x" * 50)]


def test_large_data_comes_in_portions_of_a_tenth_of_a_second() -> None:
    rig = Rig()
    rig.send(rig.stage(BandwidthToxic(rate=10)), b"x" * 2500)
    rig.advance(1)
    assert [len(data) for _, data in rig.arrived] == [1000, 1000, 500]
    assert [when for when, _ in rig.arrived] == pytest.approx([0.1, 0.2, 0.25])


def test_late_timers_are_made_good() -> None:
    rig = Rig()
    stage = rig.stage(BandwidthToxic(rate=10))
    rig.send(stage, b"x" * 3000)
    rig.now_s += 0.25  # nobody called back meanwhile
    rig.advance(0)
    assert len(rig.data) == 2000
    rig.advance(0.051)
    assert len(rig.data) == 3000


def test_idling_earns_nothing() -> None:
    rig = Rig()
    stage = rig.stage(BandwidthToxic(rate=1))
    rig.advance(10)
    rig.send(stage, b"x" * 100)
    rig.advance(0.09)
    assert rig.arrived == []
    rig.advance(0.02)
    assert len(rig.data) == 100


def test_queued_data_pays_one_after_the_other() -> None:
    rig = Rig()
    stage = rig.stage(BandwidthToxic(rate=1))
    for _ in range(3):
        rig.send(stage, b"x" * 10)
    stage.end()
    rig.advance(1)
    assert [when for when, _ in rig.arrived] == [pytest.approx(n / 100) for n in (1, 2, 3)]
    assert rig.ended_s == pytest.approx(0.03)


def test_rate_zero_holds_everything_and_the_end_behind_it() -> None:
    rig = Rig()
    stage = rig.stage(BandwidthToxic(rate=0))
    rig.send(stage, b"abc")
    stage.end()
    rig.advance(1e6)
    assert (rig.arrived, rig.ended_s, rig.held, rig.timers) == ([], None, 3, 0)


def test_rate_zero_lets_an_end_alone_through() -> None:
    rig = Rig()
    rig.stage(BandwidthToxic(rate=0)).end()
    assert rig.ended_s == 0.0


def test_halted_stage_sends_what_it_works_on_and_hands_the_rest_over() -> None:
    rig = Rig()
    stage = rig.stage(BandwidthToxic(rate=1))
    rig.send(stage, b"x" * 250)
    rig.send(stage, b"y")
    stage.end()
    rig.advance(0.1)
    held, ended = stage.halt()
    assert (len(rig.data), texts(held), ended, rig.held) == (250, [b"y"], True, 0)


def test_changed_rate_applies_to_what_waits() -> None:
    rig = Rig()
    stage = rig.stage(BandwidthToxic(rate=0))
    for data in (b"a", b"b" * 100):
        rig.send(stage, data)
    rig.advance(5)
    handed_over(stage, rig.stage(BandwidthToxic(rate=1)))
    rig.advance(1)
    assert rig.arrived == [(5.0, b"a"), (pytest.approx(5.1), b"b" * 100)]


def test_negative_rate_is_a_problem() -> None:
    assert BandwidthToxic(rate=-1).problem() == "bandwidth: rate must be 0 or more, not -1"
    assert BandwidthToxic(rate=0).problem() is None
