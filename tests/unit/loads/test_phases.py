"""Limits and figures by phase, and by the times before, during and after a fault."""

from dataclasses import replace

import pytest

from seatrial.loads.evidence import FaultSpan, LoadEvidence, UpstreamCall
from seatrial.loads.figures import figures
from seatrial.loads.limits import Limits, judge_load
from seatrial.loads.plan import LoadPlan, Phase
from seatrial.loads.profile import steps
from seatrial.loads.stats import Arrival, Assertion
from seatrial.results import Check, Verdict
from tests.unit.loads.planted import KEYS, START_S, TTL_S, arrivals_of, evidence_of, run_of

PLAN = LoadPlan(
    phases=(Phase("before", 2, 150), Phase("during", 2, 150), Phase("after", 2, 150)), seed=3
)


def _evidence(spoil: tuple[str, ...] = ()) -> LoadEvidence:
    """Three phases of a right cache; the arrivals of some of them failed."""
    arrivals, upstream = arrivals_of(PLAN)
    asked = tuple(UpstreamCall(one.sent_s, one.key) for one in _fetches(arrivals))
    rows = [
        one._replace(outcome="http-503", ok=False) if one.phase in spoil else one
        for one in arrivals
    ]
    run = run_of(rows, plan=PLAN)
    return replace(evidence_of(run, upstream), upstream_log=asked, starts_cold=True)


def _fetches(arrivals: list[Arrival]) -> list[Arrival]:
    until_s: dict[int, float] = {}
    found = []
    for one in arrivals:
        if one.outcome == "miss" and one.sent_s >= until_s.get(one.key, 0.0):
            found.append(one)
            until_s[one.key] = one.sent_s + 0.02 + TTL_S
    return found


def _judged(evidence: LoadEvidence, limits: Limits, **phases: Limits) -> dict[str, Check]:
    return {check.id: check for check in judge_load(evidence, limits, phases)}


def test_a_phase_is_judged_by_its_own_limit_alone() -> None:
    strict = Limits(error_ratio_max=0.0)
    judged = _judged(_evidence(spoil=("during",)), Limits(), before=strict, during=strict)
    assert judged["load.before.errors"].verdict is Verdict.PASSED
    assert judged["load.during.errors"].verdict is Verdict.FAILED
    assert "load.after.errors" not in judged
    assert "load.errors" not in judged
    assert "errors" in judged["load.not-declared"].explanation


def test_the_oracles_parts_add_up_to_the_whole() -> None:
    evidence = _evidence()
    assert evidence.cold is not None
    parts = [evidence.part(name) for name in PLAN.names]
    for field in ("upstream", "joined", "hits"):
        whole = getattr(evidence.cold, field)
        assert sum(getattr(part.cold, field) for part in parts) == whole
    assert sum(part.upstream_calls or 0 for part in parts) == len(evidence.upstream_log or ())


def test_a_later_phase_finds_what_an_earlier_one_left_in_the_cache() -> None:
    """Each phase alone, from a cold start, would fetch every id once more."""
    evidence = _evidence()
    after = evidence.part("after").cold
    assert after is not None
    alone = replace(evidence, run=run_of(list(evidence.part("after").arrivals), plan=PLAN))
    assert alone.cold is not None
    assert after.upstream < alone.cold.upstream


def test_too_many_calls_in_one_phase_are_found_there() -> None:
    evidence = _evidence()
    times_s = [one.sent_s for one in evidence.part("during").arrivals[:60]]
    more = tuple(
        UpstreamCall(at_s, one.key)
        for at_s, one in zip(times_s, evidence.part("during").arrivals, strict=False)
    )
    doubled = replace(evidence, upstream_log=(*(evidence.upstream_log or ()), *more))
    limits = Limits(upstream_over_oracle_max=1.05)
    judged = _judged(doubled, Limits(), before=limits, during=limits, after=limits)
    verdicts = {name: judged[f"load.{name}.upstream-over-oracle"].verdict for name in PLAN.names}
    assert verdicts["during"] is Verdict.FAILED
    assert verdicts["before"] is verdicts["after"] is Verdict.PASSED


@pytest.mark.parametrize(("goodput_min", "verdict"), [(0.6, "passed"), (0.7, "failed")])
def test_goodput_is_the_share_that_was_answered_well(goodput_min: float, verdict: str) -> None:
    judged = _judged(_evidence(spoil=("during",)), Limits(goodput_min=goodput_min))
    assert judged["load.goodput"].verdict == verdict


def test_goodput_counts_what_came_in_time_alone() -> None:
    judged = _judged(_evidence(), Limits(goodput_min=0.99, deadline_s=0.01))
    assert judged["load.goodput"].verdict is Verdict.FAILED
    judged = _judged(_evidence(), Limits(goodput_min=0.99, deadline_s=0.5))
    assert judged["load.goodput"].verdict is Verdict.PASSED


def test_amplification_is_calls_for_each_read() -> None:
    evidence = _evidence()
    thrice = replace(evidence, upstream_log=(evidence.upstream_log or ()) * 3)
    limits = Limits(amplification_max=0.3)
    assert _judged(evidence, Limits(), after=limits)["load.after.amplification"].verdict == "passed"
    assert _judged(thrice, Limits(), after=limits)["load.after.amplification"].verdict == "failed"
    unseen = replace(evidence, upstream_log=None, upstream_calls=None)
    judged = _judged(unseen, Limits(amplification_max=0.3))
    assert judged["load.amplification"].verdict is Verdict.UNDECIDED


def test_before_during_and_after_are_told_by_the_fault_as_it_was() -> None:
    plan = LoadPlan(phases=(Phase("steady", 6, 150),), seed=3)
    run = run_of(arrivals_of(plan)[0], plan=plan)
    fault = FaultSpan("down", START_S + 2.5, START_S + 4.0)
    evidence = replace(evidence_of(run, None), faults=(fault,))
    parts = {part.name: part for part in evidence.parts}
    assert list(parts) == ["steady", "before", "during", "after"]
    assert all(2.5 <= one.intended_s - START_S < 4.0 for one in parts["during"].arrivals)
    counted = sum(parts[name].sent for name in ("before", "during", "after"))
    assert counted == parts["steady"].sent
    found = figures(evidence)
    assert found["during.goodput"] == 1.0
    assert found["after.load_p99_ms"] > 0


def test_recovery_is_a_limit_and_a_figure() -> None:
    evidence = _evidence(spoil=("during",))
    fault = FaultSpan("down", START_S + 2.0, START_S + 3.0)
    late = replace(evidence, faults=(fault,))
    assert figures(late)["recovery_s"] == pytest.approx(1.0, abs=0.1)
    judged = _judged(late, Limits(recovery_max_s=0.5))
    assert judged["load.recovery"].verdict is Verdict.FAILED
    judged = _judged(late, Limits(recovery_max_s=1.5))
    assert judged["load.recovery"].verdict is Verdict.PASSED
    judged = _judged(evidence, Limits(recovery_max_s=1.5))
    assert judged["load.recovery"].verdict is Verdict.UNDECIDED


def test_the_knee_is_the_last_rate_that_is_stood() -> None:
    plan = LoadPlan(phases=steps((100, 150, 200, 250), 2), seed=3)
    rows = [
        one._replace(answered_s=one.sent_s + 2.0) if one.phase in ("rate-200", "rate-250") else one
        for one in arrivals_of(plan)[0]
    ]
    evidence = replace(evidence_of(run_of(rows, plan=plan), None), deadline_s=0.25)
    assert figures(evidence)["knee_per_s"] == 150.0
    assert "knee_per_s" not in figures(_evidence())


def test_what_a_profile_found_afterwards_is_a_check() -> None:
    assertions = (Assertion("ledger-balances", False, "off by 3"), Assertion("once", True, "ok"))
    run = run_of(arrivals_of()[0], assertions=assertions)
    judged = _judged(evidence_of(run, None), Limits())
    assert judged["load.ledger-balances"].verdict is Verdict.FAILED
    assert judged["load.ledger-balances"].explanation == "off by 3"
    assert judged["load.once"].verdict is Verdict.PASSED


def _with_changes(shown_after_s: float) -> LoadEvidence:
    """Every tenth arrival changes its user, and reads show it so long after."""
    rows: list[Arrival] = []
    commits: dict[int, list[float]] = {}
    for number, one in enumerate(arrivals_of(PLAN)[0]):
        made = commits.setdefault(one.key, [])
        if number % 10 == 0:
            made.append(one.sent_s)
            rows.append(
                one._replace(
                    kind="change", outcome="changed", version=len(made) + 1, answered_s=one.sent_s
                )
            )
        else:
            seen = sum(at_s + shown_after_s <= one.sent_s for at_s in made)
            rows.append(one._replace(version=seen + 1))
    return evidence_of(run_of(rows, plan=PLAN), None)


def test_changes_that_show_in_time_pass_and_late_ones_fail() -> None:
    limits = Limits(staleness_max_s=0.5)
    judged = _judged(_with_changes(0.1), limits)
    assert judged["load.stays-fresh"].verdict is Verdict.PASSED
    judged = _judged(_with_changes(1.5), limits, before=limits)
    assert judged["load.stays-fresh"].verdict is Verdict.FAILED
    assert judged["load.before.stays-fresh"].verdict is Verdict.FAILED


def test_without_changes_or_versions_freshness_is_undecided() -> None:
    judged = _judged(_evidence(), Limits(staleness_max_s=0.5))
    assert judged["load.stays-fresh"].verdict is Verdict.UNDECIDED


def test_changes_are_no_lookups() -> None:
    evidence = _with_changes(0.1)
    changes = sum(one.kind == "change" for one in evidence.run.stats.arrivals)
    cold = evidence.cold
    assert cold is not None
    assert cold.upstream + cold.joined + cold.hits == evidence.whole.sent - changes
    assert changes > len(KEYS) / 2
