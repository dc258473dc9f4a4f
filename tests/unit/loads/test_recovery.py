"""Recovery is timed from a fault's end to the arrival from which on nearly all is well."""

from dataclasses import replace

import pytest

from seatrial.loads.evidence import FaultSpan, LoadEvidence
from seatrial.loads.recovery import recoveries
from seatrial.loads.stats import Arrival
from tests.unit.loads.planted import START_S, evidence_of, run_of


def _every_20_ms(bad: list[tuple[float, float]]) -> list[Arrival]:
    """Five seconds of arrivals; those due in one of the stretches fail."""
    found = []
    for number in range(250):
        at_s = number * 0.02
        ok = not any(from_s <= at_s < to_s for from_s, to_s in bad)
        due_s = START_S + at_s
        outcome = "hit" if ok else "http-503"
        found.append(Arrival(due_s, due_s, due_s + 0.002, number % 50, "steady", outcome, ok))
    return found


def _evidence(bad: list[tuple[float, float]], *faults: tuple[float, float]) -> LoadEvidence:
    spans = tuple(FaultSpan("down", START_S + a, START_S + b) for a, b in faults)
    return replace(evidence_of(run_of(_every_20_ms(bad)), None), faults=spans)


def test_all_well_at_once_takes_no_time() -> None:
    (found,) = recoveries(_evidence([(1.0, 2.0)], (1.0, 2.0)), None)
    assert found.took_s == 0.0


def test_failures_after_the_end_are_the_time_that_it_took() -> None:
    (found,) = recoveries(_evidence([(1.0, 2.8)], (1.0, 2.0)), None)
    assert found.took_s == pytest.approx(0.8, abs=0.03)


def test_a_short_lull_is_no_recovery() -> None:
    (found,) = recoveries(_evidence([(1.0, 2.2), (2.4, 3.0)], (1.0, 2.0)), None)
    assert found.took_s == pytest.approx(1.0, abs=0.03)


def test_what_never_gets_well_has_no_time() -> None:
    (found,) = recoveries(_evidence([(1.0, 5.0)], (1.0, 2.0)), None)
    assert found.took_s is None
    assert found.after_s == pytest.approx(3.0, abs=0.05)


def test_an_answer_after_the_deadline_is_not_well() -> None:
    evidence = _evidence([], (1.0, 2.0))
    rows = [
        one._replace(answered_s=one.sent_s + 0.5) if 2.0 <= one.sent_s - START_S < 2.5 else one
        for one in evidence.run.stats.arrivals
    ]
    slow = replace(evidence, run=run_of(rows))
    assert recoveries(slow, None)[0].took_s == 0.0
    assert recoveries(slow, 0.1)[0].took_s == pytest.approx(0.5, abs=0.03)


def test_before_that_was_bad_already_asks_no_more_afterwards() -> None:
    every_other = [(at / 50, at / 50 + 0.001) for at in range(0, 250, 2)]
    (found,) = recoveries(_evidence(every_other, (1.0, 2.0)), None)
    assert found.took_s == 0.0


def test_each_of_two_faults_is_timed_until_the_next() -> None:
    first, second = recoveries(_evidence([(1.0, 1.7), (3.0, 3.5)], (1.0, 1.5), (3.0, 3.5)), None)
    assert first.took_s == pytest.approx(0.2, abs=0.03)
    assert second.took_s == 0.0


def test_without_a_fault_there_is_nothing_to_recover_from() -> None:
    assert recoveries(_evidence([]), None) == ()
