"""A server that stands still at known times: what is measured is what happened."""

from seatrial.loads.stats import Arrival
from tests.integration.loads.conftest import StartCards

FREEZE_S = 0.4
EVERY_S = 2.0


def _truth_s(arrival: Arrival, epoch_s: float) -> float:
    """Return how long a request that is due now must at least wait for the server to go on."""
    into_s = (arrival.intended_s - epoch_s) % EVERY_S
    return max(0.0, FREEZE_S - into_s) if arrival.intended_s - epoch_s >= EVERY_S else 0.0


def _p99(values: list[float]) -> float:
    return sorted(values)[round(0.99 * len(values)) - 1]


def test_a_stall_is_in_the_percentiles_as_long_as_it_was(start_cards: StartCards) -> None:
    cards = start_cards("--freeze-s", str(FREEZE_S), "--freeze-every-s", str(EVERY_S))
    run = cards.run(duration_s=4.0, not_before_s=cards.epoch_s + EVERY_S)

    truth_ms = 1000 * _p99([_truth_s(one, cards.epoch_s) for one in run.arrivals])
    measured_ms = run.stats.latency_of().percentile_ms(99)
    assert truth_ms > 300  # else the schedule hit nothing, and the test shows nothing
    assert measured_ms >= truth_ms * 0.97
    assert measured_ms <= truth_ms + 1000  # what the server needs to catch up, on any machine

    # What a closed loop would have said: the few requests that it has in flight when the server
    # stops, and none of those that it didn't send meanwhile.
    stalled = sum(_truth_s(one, cards.epoch_s) > 0.1 for one in run.arrivals)
    assert stalled > len(run.arrivals) / 10
