"""Every arrival is accounted for, in one process and merged."""

import json
import time

import pytest

from seatrial.loads.stats import Counts, Outcome, Stats

_HIT = Outcome("hit", ok=True)


def _stats(sent: int, answered: int, phase: str = "steady") -> Stats:
    stats = Stats()
    tickets = [stats.send(time.monotonic(), key=1, phase=phase) for _ in range(sent)]
    for ticket in tickets[:answered]:
        stats.answer(ticket, _HIT)
    return stats


def test_latency_counts_from_the_intended_time() -> None:
    stats = Stats()
    ticket = stats.send(time.monotonic() - 2.0, key=0, phase="steady")
    stats.answer(ticket, _HIT)
    assert stats.latency[("steady", "hit")].percentile_ms(50) >= 2000
    assert stats.lag.percentile_ms(50) >= 2000


def test_what_is_in_flight_is_taken_only_at_the_end() -> None:
    stats = _stats(sent=3, answered=1)
    assert len(stats.take()["arrivals"]) == 1
    assert stats.in_flight == 2
    last = stats.take(last=True)
    assert [row[5] for row in last["arrivals"]] == ["unanswered", "unanswered"]
    assert Counts(**last["total"]) == Counts(sent=3, answered=1)


def test_nothing_is_taken_twice() -> None:
    stats = _stats(sent=2, answered=2)
    assert len(stats.take()["arrivals"]) == 2
    again = stats.take()
    assert again["arrivals"] == []
    assert again["latency"] == {}


def test_parts_of_processes_merge_to_their_sum() -> None:
    merged = Stats()
    for number in range(3):
        part = _stats(sent=10 + number, answered=10 + number).take(last=True)
        merged.add(json.loads(json.dumps(part)))
    assert len(merged.arrivals) == 33
    assert merged.lag.count == 33
    assert merged.latency_of("hit").count == 33
    assert all(one.ok and one.outcome == "hit" for one in merged.arrivals)


def test_drops_are_counted_and_not_sent() -> None:
    stats = _stats(sent=1, answered=1)
    stats.drop()
    assert stats.counts == Counts(sent=1, answered=1, dropped=1)
    assert len(stats.arrivals) == 1


def test_latencies_are_kept_apart_by_phase_and_outcome() -> None:
    stats = _stats(sent=2, answered=2, phase="cold")
    ticket = stats.send(time.monotonic(), key=0, phase="spike")
    stats.answer(ticket, Outcome("miss", ok=True))
    assert set(stats.latency) == {("cold", "hit"), ("spike", "miss")}
    assert stats.latency_of().count == 3
    assert stats.latency_of("miss").count == 1


def test_a_ticket_is_good_for_one_answer() -> None:
    stats = Stats()
    ticket = stats.send(time.monotonic(), key=0, phase="steady")
    stats.answer(ticket, _HIT)
    with pytest.raises(KeyError):
        stats.answer(ticket, _HIT)
