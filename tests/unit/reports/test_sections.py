"""The places of things on the page."""

from typing import Any

import pytest

from seatrial.reports.limits import Limits
from seatrial.reports.sections import Layout
from seatrial.reports.sections.failures import FAILURES, Failure
from seatrial.reports.sections.pillars import GroupView, PillarView, lay_out_pillars
from seatrial.results import Check, HttpExchange, Result, Verdict
from tests.unit.reports.example import AS_IT_STANDS, ERRORS_THROUGH, PAIR, calm_result, rich_result


def _pillars(result: Result) -> tuple[PillarView, ...]:
    found = lay_out_pillars(Layout(result, Limits()))
    assert found is not None
    return found


def _pillar(key: str) -> PillarView:
    return next(v for v in _pillars(rich_result()) if v.pillar.key == key)


def _failures(result: Result) -> tuple[Failure, ...]:
    found: Any = FAILURES.lay_out(Layout(result, Limits()))
    return tuple(found or ())


def _provider_down() -> GroupView:
    return next(v for v in _pillar("chaos").groups if v.group.scenario == "provider_down")


def test_a_timeline_that_several_checks_rest_on_is_drawn_once() -> None:
    assert len(_provider_down().pictures) == 1


def test_the_controls_stand_beside_the_check_they_failed() -> None:
    view = _provider_down()
    assert view.controls == (AS_IT_STANDS, ERRORS_THROUGH)
    assert [seen.verdict for seen in view.rows[1].controls] == [Verdict.UNDECIDED, Verdict.FAILED]


def test_a_check_that_no_control_was_put_to_has_empty_cells_beside_it() -> None:
    attempts = next(v for v in _pillar("chaos").groups if v.group.scenario == "attempts_fail")
    assert [seen.verdict for seen in attempts.rows[1].controls] == [None, None]


def test_a_command_that_all_checks_share_is_shown_once() -> None:
    view = _provider_down()
    assert view.rerun == "seatrial chaos run provider_down --seed 20260301"
    assert not any(proof.rerun for proof in view.proofs)


def test_a_failed_check_has_its_evidence_in_its_own_card_alone() -> None:
    profile = next(v for v in _pillar("contract").groups if v.group.verdict is Verdict.FAILED)
    assert not any(proof.check.verdict is Verdict.FAILED for proof in profile.proofs)
    assert [text.title for text in _failures(rich_result())[0].texts] == ["verifier"]


def test_what_failed_comes_first_and_unfolded() -> None:
    groups = _pillar("chaos").groups
    assert [one.group.verdict for one in groups] == [
        Verdict.FAILED,
        Verdict.UNDECIDED,
        Verdict.SKIPPED,
    ]
    assert [one.unfolded for one in groups] == [True, False, False]


def test_the_matrix_has_a_row_for_each_interaction_and_a_column_for_each_kind() -> None:
    (matrix,) = _pillar("contract").matrices
    assert matrix.pair == PAIR
    assert matrix.kinds == ("consumer", "provider", "strength")
    shown = {row.subject: [cell and cell.verdict for cell in row.cells] for row in matrix.rows}
    assert shown["a request for an existing user's profile (user 7 exists)"] == [
        Verdict.PASSED,
        Verdict.FAILED,
        Verdict.UNDECIDED,
    ]
    assert list(shown.values())[-1] == [Verdict.PASSED, None, None]


def test_a_failure_in_the_matrix_is_not_hidden_by_a_later_pass() -> None:
    rich = rich_result()
    checks = tuple(check for check in rich.checks if check.id == "contract.provider")
    again = tuple(check.model_copy(update={"verdict": Verdict.PASSED}) for check in checks)
    twice = rich.model_copy(update={"checks": (*checks, *again)})
    (matrix,) = _pillars(twice)[0].matrices
    verdicts = [cell.verdict for row in matrix.rows for cell in row.cells if cell]
    assert verdicts.count(Verdict.FAILED) == 1


def test_every_failed_check_is_among_the_failures() -> None:
    assert [failure.check.id for failure in _failures(rich_result())] == [
        "contract.provider",
        "chaos.provider_down.caps-probes",
    ]


def test_nothing_broke_where_nothing_failed() -> None:
    assert _failures(calm_result()) == ()


@pytest.mark.parametrize(
    ("id_", "subject", "blame"),
    [
        ("chaos.x.y", "shop → users", "shop doesn't keep what it declares"),
        ("contract.provider", f"{PAIR}: a user", "user-service doesn't answer as its consumers"),
        ("contract.consumer", f"{PAIR}: a user", "marketplace-service can't do what its contract"),
        ("contract.strength", f"{PAIR}: a user", "the contract lets through"),
        ("contract.openapi", "user-service", "user-service's document lacks"),
        ("control.design", "shop with a defect", "the checks didn't find"),
        ("load.errors", "spike", "the services don't stand this load"),
        ("strange.x", "s", ""),
    ],
)
def test_a_failure_says_whose_fault_it_is(id_: str, subject: str, blame: str) -> None:
    check = Check(id=id_, subject=subject, verdict=Verdict.FAILED, explanation="e", rerun="r")
    (shown,) = _failures(rich_result().model_copy(update={"checks": (check,)}))
    assert shown.blame.startswith(blame)
    assert bool(shown.blame) == bool(blame)


def test_a_failure_counts_the_checks_that_it_keeps_from_being_judged() -> None:
    failed = (
        rich_result()
        .checks[0]
        .model_copy(update={"id": "chaos.a.opens", "subject": "s", "verdict": Verdict.FAILED})
    )
    blocked = failed.model_copy(
        update={
            "id": "chaos.b.closes",
            "verdict": Verdict.UNDECIDED,
            "explanation": "depends on opens, which is failed: it never opened",
        }
    )
    other = blocked.model_copy(update={"subject": "another"})
    result = rich_result().model_copy(update={"checks": (failed, blocked, other)})
    (shown,) = _failures(result)
    assert shown.blocked == 1


def test_the_policy_is_said_next_to_the_verdict_and_its_moment_is_on_the_timeline() -> None:
    call = HttpExchange(
        title="c", at_s=4.2, method="GET", url="http://127.0.0.1:1/", status=200, took_s=0.1
    )
    checks = tuple(
        check.model_copy(
            update={
                "evidence": (*check.evidence, call),
                "declared": {"edges.card.policy.breaker.probes": 3},
            }
        )
        if check.verdict is Verdict.FAILED and check.id.startswith("chaos")
        else check
        for check in rich_result().checks
    )
    result = rich_result().model_copy(update={"checks": checks})
    shown = _failures(result)[-1]
    assert (shown.place, shown.declared) == ("edges.card.policy", {"breaker.probes": 3})
    (picture,) = next(v for v in _pillars(result) if v.pillar.key == "chaos").groups[0].pictures
    (name,) = picture.picture.figure["layout"]["annotations"]
    assert (name["x"], name["text"]) == (4.2, "▼ caps-probes")
    assert picture.picture.alternative.endswith("At 4.20 s: caps-probes failed.")
