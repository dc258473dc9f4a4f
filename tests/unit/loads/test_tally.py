"""Every arrival is accounted for, in one process and merged."""

import json
import time

import pytest

from seatrial.loads.tally import Counts, Outcome, Tally

_HIT = Outcome("hit", ok=True)


def _tally(sent: int, answered: int, phase: str = "steady") -> Tally:
    tally = Tally()
    tickets = [tally.send(time.monotonic(), key=1, phase=phase) for _ in range(sent)]
    for ticket in tickets[:answered]:
        tally.answer(ticket, _HIT)
    return tally


def test_latency_counts_from_the_intended_time() -> None:
    tally = Tally()
    ticket = tally.send(time.monotonic() - 2.0, key=0, phase="steady")
    tally.answer(ticket, _HIT)
    assert tally.latency[("steady", "hit")].percentile_ms(50) >= 2000
    assert tally.lag.percentile_ms(50) >= 2000


def test_what_is_in_flight_is_taken_only_at_the_end() -> None:
    tally = _tally(sent=3, answered=1)
    assert len(tally.take()["arrivals"]) == 1
    assert tally.in_flight == 2
    last = tally.take(last=True)
    assert [row[5] for row in last["arrivals"]] == ["unanswered", "unanswered"]
    assert last["total"] == {"sent": 3, "answered": 1, "dropped": 0, "unsent": 0}


def test_nothing_is_taken_twice() -> None:
    tally = _tally(sent=2, answered=2)
    assert len(tally.take()["arrivals"]) == 2
    again = tally.take()
    assert again["arrivals"] == []
    assert again["latency"] == {}


def test_parts_of_processes_merge_to_their_sum() -> None:
    merged = Tally()
    for number in range(3):
        part = _tally(sent=10 + number, answered=10 + number).take(last=True)
        merged.add(json.loads(json.dumps(part)))
    assert len(merged.arrivals) == 33
    assert merged.lag.count == 33
    assert merged.latency_of("hit").count == 33
    assert all(one.ok and one.outcome == "hit" for one in merged.arrivals)


def test_drops_are_counted_and_not_sent() -> None:
    tally = _tally(sent=1, answered=1)
    tally.drop()
    assert tally.counts == Counts(sent=1, answered=1, dropped=1)
    assert len(tally.arrivals) == 1


def test_latencies_are_kept_apart_by_phase_and_outcome() -> None:
    tally = _tally(sent=2, answered=2, phase="cold")
    ticket = tally.send(time.monotonic(), key=0, phase="spike")
    tally.answer(ticket, Outcome("miss", ok=True))
    assert set(tally.latency) == {("cold", "hit"), ("spike", "miss")}
    assert tally.latency_of().count == 3
    assert tally.latency_of("miss").count == 1


def test_a_ticket_is_good_for_one_answer() -> None:
    tally = Tally()
    ticket = tally.send(time.monotonic(), key=0, phase="steady")
    tally.answer(ticket, _HIT)
    with pytest.raises(KeyError):
        tally.answer(ticket, _HIT)
