"""A run's figures and curves say what its arrivals did."""

import pytest

from seatrial.loads.account import account
from seatrial.loads.pictures import figures, plots
from tests.unit.loads.planted import arrivals_of, evidence_of, run_of


def test_figures_carry_the_declared_names() -> None:
    arrivals, upstream = arrivals_of()
    found = figures(evidence_of(run_of(arrivals), upstream))
    hits = sum(one.outcome == "hit" for one in arrivals)
    assert found["hit_ratio"] == pytest.approx(hits / len(arrivals), abs=1e-4)
    assert found["upstream_over_oracle"] == pytest.approx(1.0, abs=0.02)
    assert found["load_p50_hit_ms"] == pytest.approx(3.0, rel=0.01)
    assert found["load_p50_miss_ms"] == pytest.approx(21.0, rel=0.01)
    assert found["lag_p99_ms"] == pytest.approx(1.0, rel=0.01)
    assert found["cpu_us_per_request"] == pytest.approx(5e5 / len(arrivals), abs=0.01)
    assert found["arrivals_per_s"] == pytest.approx(len(arrivals) / 5.0, rel=0.01)


def test_what_is_not_known_is_left_out_of_the_figures() -> None:
    arrivals, _ = arrivals_of()
    found = figures(evidence_of(run_of(arrivals), None, ttl_s=None))
    assert not {"upstream_over_oracle", "upstream_calls", "oracle_calls"} & set(found)
    assert "hit_ratio" not in figures(evidence_of(run_of([]), None))


def test_latency_curves_never_fall_and_keep_hits_apart_from_misses() -> None:
    latency, _ = plots(run_of(arrivals_of()[0]))
    assert [curve.name for curve in latency.curves] == ["hits", "misses"]
    for curve in latency.curves:
        values = [value for _, value in curve.points]
        assert values == sorted(values)
    hits, misses = latency.curves
    assert hits.points[-1][1] < misses.points[0][1]


def test_curve_ends_where_there_are_too_few_requests() -> None:
    latency, _ = plots(run_of(arrivals_of()[0][:100]))
    assert max(x for curve in latency.curves for x, _ in curve.points) <= 100


def test_hit_ratio_rises_from_a_cold_start() -> None:
    _, ratio = plots(run_of(arrivals_of()[0]))
    values = [value for _, value in ratio.curves[0].points]
    assert values[0] < values[1]
    assert all(0 <= value <= 1 for value in values)


def test_pictures_of_an_empty_run_are_empty() -> None:
    latency, ratio = plots(run_of([]))
    assert latency.curves == ()
    assert ratio.curves[0].points == ()


def test_account_shows_each_outcome_and_what_was_lost() -> None:
    run = run_of(arrivals_of()[0])
    text = account(run.tally, run.counts)
    assert "steady/hit" in text
    assert "steady/miss" in text
    assert "0 dropped" in text
