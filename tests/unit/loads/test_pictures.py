"""A run's figures and curves say what its arrivals did."""

from dataclasses import replace

import pytest

from seatrial.loads.evidence import FaultSpan, LoadEvidence, UpstreamCall
from seatrial.loads.figures import figures
from seatrial.loads.pictures import bands, plots
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.stats import Arrival
from seatrial.loads.summary import summary
from seatrial.results import Plot
from tests.unit.loads.planted import START_S, arrivals_of, evidence_of, run_of


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


def _by_title(evidence: LoadEvidence) -> dict[str, Plot]:
    return {plot.title.partition(",")[0]: plot for plot in plots(evidence)}


def _evidence(arrivals: list[Arrival]) -> LoadEvidence:
    return evidence_of(run_of(arrivals), None)


def test_latency_curves_never_fall_and_keep_hits_apart_from_misses() -> None:
    latency = _by_title(_evidence(arrivals_of()[0]))["Latency of hits and misses"]
    assert [curve.name for curve in latency.curves] == ["hits", "misses"]
    for curve in latency.curves:
        values = [value for _, value in curve.points]
        assert values == sorted(values)
    hits, misses = latency.curves
    assert hits.points[-1][1] < misses.points[0][1]


def test_curve_ends_where_there_are_too_few_requests() -> None:
    latency = _by_title(_evidence(arrivals_of()[0][:100]))["Latency of hits and misses"]
    assert max(x for curve in latency.curves for x, _ in curve.points) <= 100


def test_hit_ratio_rises_from_a_cold_start() -> None:
    ratio = _by_title(_evidence(arrivals_of()[0]))["Answers from the cache"]
    values = [value for _, value in ratio.curves[0].points]
    assert values[0] < values[2]
    assert all(0 <= value <= 1 for value in values)


def test_latency_over_time_shows_a_stall_where_it_was() -> None:
    arrivals = [
        one._replace(answered_s=one.sent_s + 0.5)
        if 2.0 <= one.intended_s - START_S < 2.5 and one.answered_s
        else one
        for one in arrivals_of()[0]
    ]
    p99 = _by_title(_evidence(arrivals))["Latency over time"].curves[2]
    slow = [end_s for end_s, value_ms in p99.points if value_ms > 400]
    assert slow == [2.25, 2.5]


def test_upstream_calls_are_drawn_with_the_oracles() -> None:
    arrivals, _ = arrivals_of()
    asked = tuple(UpstreamCall(one.sent_s, one.key) for one in arrivals if one.outcome == "miss")
    evidence = replace(_evidence(arrivals), upstream_log=asked, starts_cold=True)
    picture = _by_title(evidence)["Requests at the provider"]
    ends = {curve.name: curve.points[-1][1] for curve in picture.curves}
    assert ends["seen"] == len(asked)
    assert ends["most of a right cache"] == evidence.cold.upstream  # type: ignore[union-attr]
    assert ends["fewest"] == evidence.fewest.upstream  # type: ignore[union-attr]


def test_faults_and_phases_are_bands_over_the_runs_time() -> None:
    plan = LoadPlan(phases=(Phase("before", 2.0, 200.0), Phase("after", 3.0, 200.0)), seed=7)
    run = run_of(arrivals_of(plan)[0], plan=plan)
    fault = FaultSpan("down", START_S + 2.0, START_S + 3.5)
    evidence = replace(evidence_of(run, None), faults=(fault,))
    drawn = [(one.lane, one.label, one.from_x, one.to_x) for one in bands(evidence)]
    assert drawn == [
        ("phases", "before", 0.0, 2.0),
        ("phases", "after", 2.0, 5.0),
        ("faults", "down", 2.0, 3.5),
    ]


def test_pictures_of_an_empty_run_are_empty() -> None:
    for plot in plots(_evidence([])):
        assert all(curve.points == () for curve in plot.curves)


def test_summary_shows_each_outcome_and_what_was_lost() -> None:
    run = run_of(arrivals_of()[0])
    text = summary(run.stats, run.counts)
    assert "steady/hit" in text
    assert "steady/miss" in text
    assert "0 dropped" in text
