"""Several processes add up to one run; a lost or interrupted one makes it invalid."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.errors import InvalidRun
from seatrial.loads.evidence import durations_of
from seatrial.loads.session.locust import Progress
from seatrial.loads.validity import invalid_reasons
from tests.integration.loads.conftest import StartCards


def _signals(pidfile: Path, number: signal.Signals) -> Callable[[Progress], None]:
    """Send a signal once, when requests are under way."""
    sent: list[int] = []

    def on_progress(progress: Progress) -> None:
        if progress.elapsed_s > 0.9 and not sent:
            sent.append(int(pidfile.read_text()))
            os.kill(sent[0], number)

    return on_progress


def test_two_workers_add_up_to_one_run(start_cards: StartCards) -> None:
    run = start_cards().run(workers=2)
    assert invalid_reasons(run) == ()
    assert run.finished == 2
    assert run.counts.sent == run.planned == len(run.arrivals)
    assert run.stats.latency_of().count == run.stats.lag.count == run.counts.sent
    merged, again = run.stats.latency_of(), durations_of(run.arrivals)
    for percentile in (0.0, 10.0, 50.0, 90.0, 99.0, 100.0):
        assert merged.percentile_ms(percentile) == again.percentile_ms(percentile)


def test_a_worker_killed_in_the_middle_makes_the_run_invalid(start_cards: StartCards) -> None:
    cards = start_cards()
    kill = _signals(cards.session.dir / "locust-worker.pid", signal.SIGKILL)
    run = cards.run(workers=2, on_progress=kill)
    assert "only 1 of 2 sending processes reached the end" in invalid_reasons(run)


def test_an_interrupted_run_is_partial_and_says_so(start_cards: StartCards) -> None:
    cards = start_cards()
    stop = _signals(cards.session.dir / "locust.pid", signal.SIGTERM)
    run = cards.run(duration_s=30.0, on_progress=stop)
    assert run.interrupted
    assert 0 < len(run.arrivals) < run.planned / 2
    assert any("interrupted" in reason for reason in invalid_reasons(run))


def test_a_killed_generator_proves_nothing(start_cards: StartCards) -> None:
    cards = start_cards()
    kill = _signals(cards.session.dir / "locust.pid", signal.SIGKILL)
    with pytest.raises(InvalidRun, match="no result"):
        cards.run(duration_s=30.0, on_progress=kill)


def test_too_many_in_flight_are_dropped_and_counted(start_cards: StartCards) -> None:
    run = start_cards("--origin-s", "1").run(max_in_flight=5, duration_s=1.0)
    assert run.counts.dropped > 0
    assert run.counts.sent + run.counts.dropped == run.planned
    assert any("dropped" in reason for reason in invalid_reasons(run))


def test_requests_without_an_answer_in_time_are_errors(start_cards: StartCards) -> None:
    run = start_cards("--origin-s", "2").run(duration_s=1.0, timeout_s=0.5)
    assert {one.outcome for one in run.arrivals} == {"timeout"}
    assert not any(one.ok for one in run.arrivals)
    assert any("answered nothing" in reason for reason in invalid_reasons(run))
