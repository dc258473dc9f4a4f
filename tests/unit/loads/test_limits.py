"""Each limit passes a right run, fails its own defect, and says when it can't know."""

from dataclasses import replace

import pytest

from seatrial.errors import UsageError
from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.limits import (
    LIMITS,
    Limits,
    RunPart,
    check,
    judge_load,
    limit,
    not_declared,
    passes,
)
from seatrial.loads.profile import STANDARD
from seatrial.loads.stats import Arrival
from seatrial.loads.validity import lag_p99_max_ms
from seatrial.results import Check, Verdict
from tests.unit.loads.planted import TTL_S, arrivals_of, evidence_of, run_of


def _judged(evidence: LoadEvidence, limits: Limits | None = None) -> dict[str, Check]:
    return {check.id: check for check in judge_load(evidence, limits)}


def _failed(evidence: LoadEvidence, limits: Limits | None = None) -> set[str]:
    judged = _judged(evidence, limits)
    return {name for name, check in judged.items() if check.verdict is Verdict.FAILED}


def _right() -> LoadEvidence:
    arrivals, upstream = arrivals_of()
    return evidence_of(run_of(arrivals), upstream)


def _spoilt(every: int, outcome: str, *, ok: bool) -> list[Arrival]:
    arrivals, _ = arrivals_of()
    return [
        one._replace(outcome=outcome, ok=ok) if number % every == 0 else one
        for number, one in enumerate(arrivals)
    ]


def test_a_right_run_passes_every_declared_limit() -> None:
    judged = _judged(_right())
    undeclared = judged.pop("load.not-declared")
    assert undeclared.verdict is Verdict.SKIPPED
    left = undeclared.explanation.partition(": ")[2].split(", ")
    assert left == ["amplification", "goodput", "hit-p99", "recovery", "stays-fresh"]
    assert {check.verdict for check in judged.values()} == {Verdict.PASSED}
    assert len(judged) + len(left) == len(LIMITS)


def test_a_cache_that_forgets_too_early_asks_too_often() -> None:
    arrivals, upstream = arrivals_of(ttl_s=TTL_S / 2)
    failed = _failed(evidence_of(run_of(arrivals), upstream))
    assert failed == {"load.hit-ratio", "load.upstream-over-oracle"}
    found = judge_load(evidence_of(run_of(arrivals), upstream))
    (shown,) = [one for one in found if one.id == "load.hit-ratio"]
    assert shown.declared["limits.hit_ratio_of_oracle_min"] == STANDARD.hit_ratio_of_oracle_min


def test_a_cache_that_forgets_too_late_is_asked_again_too_seldom() -> None:
    arrivals, upstream = arrivals_of(ttl_s=3 * TTL_S)
    assert _failed(evidence_of(run_of(arrivals), upstream)) == {"load.entries-expire"}


def test_without_a_cache_hit_ratio_and_upstream_fail() -> None:
    arrivals, _ = arrivals_of(ttl_s=0.0)
    failed = _failed(evidence_of(run_of(arrivals), len(arrivals)))
    assert failed == {"load.hit-ratio", "load.upstream-over-oracle"}


def test_without_single_flight_waiters_are_seen_upstream() -> None:
    arrivals, _ = arrivals_of(miss_s=0.2)
    misses = sum(one.outcome == "miss" for one in arrivals)
    assert _failed(evidence_of(run_of(arrivals), misses)) == {"load.upstream-over-oracle"}


def test_hits_that_are_no_faster_than_misses_fail() -> None:
    arrivals, upstream = arrivals_of(hit_s=0.02)
    assert _failed(evidence_of(run_of(arrivals), upstream)) == {"load.hits-beat-misses"}


def test_errors_over_the_limit_fail_and_are_named() -> None:
    _, upstream = arrivals_of()
    evidence = evidence_of(run_of(_spoilt(20, "http-503", ok=False)), upstream)
    check = _judged(evidence)["load.errors"]
    assert check.verdict is Verdict.FAILED
    assert "http-503" in check.explanation


def test_a_few_errors_are_within_the_limit() -> None:
    arrivals = _spoilt(500, "http-503", ok=False)
    assert _judged(evidence_of(run_of(arrivals), 1))["load.errors"].verdict is Verdict.PASSED
    strict = Limits(error_ratio_max=0.0)
    assert "load.errors" in _failed(evidence_of(run_of(arrivals), 1), strict)


def test_unknown_upstream_calls_are_never_told_as_passed() -> None:
    arrivals, _ = arrivals_of()
    judged = _judged(evidence_of(run_of(arrivals), None))
    for name in ("load.upstream-over-oracle", "load.entries-expire"):
        assert judged[name].verdict is Verdict.UNDECIDED
        assert "tap" in judged[name].explanation


def test_what_is_not_declared_is_skipped() -> None:
    arrivals, upstream = arrivals_of()
    judged = _judged(evidence_of(run_of(arrivals), upstream, ttl_s=None))
    for name in ("load.hit-ratio", "load.upstream-over-oracle", "load.entries-expire"):
        assert judged[name].verdict is Verdict.SKIPPED


def test_a_declared_hit_ratio_needs_no_time_to_live() -> None:
    arrivals, upstream = arrivals_of()
    evidence = evidence_of(run_of(arrivals), upstream, ttl_s=None)
    assert "load.hit-ratio" not in _failed(evidence, Limits(hit_ratio_min=0.5))
    assert "load.hit-ratio" in _failed(evidence, Limits(hit_ratio_min=0.99))


def test_a_run_shorter_than_the_time_to_live_cannot_show_expiry() -> None:
    arrivals, upstream = arrivals_of(ttl_s=60.0)
    judged = _judged(evidence_of(run_of(arrivals), upstream, ttl_s=60.0))
    assert judged["load.entries-expire"].verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("hit_ratio_of_oracle_min", [0.95, 1.0])
def test_nothing_sent_is_no_success(hit_ratio_of_oracle_min: float) -> None:
    limits = Limits(hit_ratio_of_oracle_min=hit_ratio_of_oracle_min)
    judged = _judged(evidence_of(run_of([]), 0), limits)
    assert Verdict.PASSED not in {check.verdict for check in judged.values()}


def test_too_few_hits_leave_the_medians_undecided() -> None:
    arrivals, upstream = arrivals_of()
    judged = _judged(evidence_of(run_of(arrivals[:40]), upstream))
    assert judged["load.hits-beat-misses"].verdict is Verdict.UNDECIDED


def test_the_generators_own_delay_does_not_fail_the_medians() -> None:
    arrivals, upstream = arrivals_of(hit_s=0.001, miss_s=0.004, lag_s=0.05)
    judged = _judged(evidence_of(run_of(arrivals), upstream))
    assert judged["load.hits-beat-misses"].verdict is Verdict.UNDECIDED
    assert "generator" in judged["load.hits-beat-misses"].explanation


def test_slow_hits_fail_a_declared_limit_in_milliseconds() -> None:
    assert "load.hit-p99" in _failed(_right(), Limits(hit_p99_max_ms=2.5))
    assert "load.hit-p99" not in _failed(_right(), Limits(hit_p99_max_ms=5.0))


def test_a_limit_in_milliseconds_allows_the_generator_less_lag() -> None:
    assert lag_p99_max_ms(Limits()) == 500.0
    assert lag_p99_max_ms(Limits(hit_p99_max_ms=20.0)) == 4.0
    assert lag_p99_max_ms(Limits(hit_p99_max_ms=1000.0)) == 10.0
    assert lag_p99_max_ms(Limits(deadline_s=0.25)) == 50.0


def test_every_check_says_how_to_repeat_it() -> None:
    for one in judge_load(_right()):
        assert one.rerun == "seatrial load run"
        assert one.subject == "cards"
        assert one.id.startswith("load.")


def test_a_cold_start_shows_entries_kept_too_long_in_a_short_run() -> None:
    arrivals, upstream = arrivals_of(ttl_s=60.0)
    half = len(arrivals) // 2
    evidence = replace(evidence_of(run_of(arrivals[:half]), upstream), starts_cold=True)
    assert "load.entries-expire" in _failed(evidence)


def test_a_cold_start_passes_a_right_cache() -> None:
    assert "load.entries-expire" not in _failed(replace(_right(), starts_cold=True))


def test_a_cold_start_shorter_than_the_time_to_live_shows_no_expiry() -> None:
    arrivals, upstream = arrivals_of(ttl_s=60.0)
    evidence = evidence_of(run_of(arrivals), upstream, ttl_s=60.0)
    judged = _judged(replace(evidence, starts_cold=True))
    assert judged["load.entries-expire"].verdict is Verdict.UNDECIDED


def test_a_limit_of_a_plugin_is_judged_like_any_other() -> None:
    @limit("few-requests")
    def few_requests(part: RunPart, limits: Limits) -> Check:
        if "few-requests" not in limits.extra:
            return not_declared(part, "few-requests")
        most = limits.extra["few-requests"]
        return check(part, "few-requests", passes(part.sent <= most), f"{part.sent} of {most:g}")

    try:
        evidence = evidence_of(run_of(arrivals_of()[0]), None)
        for most, verdict in ((1e6, Verdict.PASSED), (1.0, Verdict.FAILED)):
            checks = judge_load(evidence, Limits(extra={"few-requests": most}))
            assert {one.id: one.verdict for one in checks}["load.few-requests"] is verdict
    finally:
        LIMITS._things.pop("few-requests")


def test_a_limit_that_nobody_registered_is_refused() -> None:
    evidence = evidence_of(run_of(arrivals_of()[0]), None)
    with pytest.raises(UsageError, match="no limit 'few-request'; name the module"):
        judge_load(evidence, Limits(extra={"few-request": 1.0}))
