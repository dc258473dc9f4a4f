"""latency in virtual time."""

from seatrial.faults.engine.toxics.latency import LatencyToxic

from ..rig import Rig, handed_over, texts


def test_data_arrives_exactly_as_late_as_asked() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=100))
    rig.send(stage, b"a")
    rig.advance(0.03)
    rig.send(stage, b"b")
    rig.advance(1)
    assert rig.arrived == [(0.1, b"a"), (0.13, b"b")]


def test_end_waits_behind_data_and_not_without() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=100))
    rig.send(stage, b"a")
    stage.end()
    assert not rig.has_ended
    rig.advance(1)
    assert (rig.ended_s, rig.timers, rig.held) == (0.1, 0, 0)

    idle = Rig()
    idle.stage(LatencyToxic(latency=100)).end()
    assert idle.ended_s == 0.0


def test_no_latency_passes_through_at_once() -> None:
    for latency in (0, -50):
        rig = Rig()
        rig.send(rig.stage(LatencyToxic(latency=latency)), b"a")
        assert rig.arrived == [(0.0, b"a")]


def test_chained_latencies_add_up_for_every_piece() -> None:
    rig = Rig()
    second = rig.stage(LatencyToxic(latency=100))
    first = LatencyToxic(latency=100).stage(rig, second, {})
    for _ in range(6):
        rig.send(first, b"x")
        rig.advance(0.015)
    rig.advance(1)
    assert [when for when, _ in rig.arrived] == [0.2, 0.215, 0.23, 0.245, 0.26, 0.275]


def test_jitter_stays_within_its_bounds_and_keeps_order() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=100, jitter=50))
    for number in range(200):
        rig.send(stage, bytes([number]))
    rig.advance(1)
    assert rig.data == bytes(range(200))
    assert all(0.05 <= when < 0.15 for when, _ in rig.arrived)

    apart = Rig()
    stage = apart.stage(LatencyToxic(latency=100, jitter=50))
    delays = set()
    for _ in range(50):
        sent_s = apart.elapsed_s
        apart.send(stage, b"x")
        apart.advance(1)
        delays.add(round(apart.arrived[-1][0] - sent_s, 3))
    assert min(delays) < 0.08 < 0.12 < max(delays)


def test_halted_stage_lets_its_head_go_and_hands_the_rest_over() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=100))
    for data in (b"a", b"b", b"c"):
        rig.send(stage, data)
    stage.end()
    held, ended = stage.halt()
    assert (rig.data, texts(held), ended) == (b"a", [b"b", b"c"], True)
    assert (rig.held, rig.timers) == (0, 0)


def test_changed_latency_counts_from_when_data_came() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=10_000))
    rig.send(stage, b"a")
    rig.send(stage, b"b")
    rig.advance(0.2)
    handed_over(stage, rig.stage(LatencyToxic(latency=500)))
    rig.advance(1)
    assert rig.arrived == [(0.2, b"a"), (0.5, b"b")]


def test_held_bytes_are_counted() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=100))
    rig.send(stage, b"12345")
    assert rig.held == 5
    rig.advance(1)
    assert rig.held == 0


def test_end_is_passed_on_once_when_the_latency_changes_afterwards() -> None:
    rig = Rig()
    stage = rig.stage(LatencyToxic(latency=100))
    stage.end()
    handed_over(stage, rig.stage(LatencyToxic(latency=200)))
    rig.advance(1)
    assert rig.ended_s == 0.0


def test_only_jitter_needs_chunks_of_the_real_size() -> None:
    assert not LatencyToxic(latency=5).chunked
    assert LatencyToxic(latency=5, jitter=1).chunked
