"""The places of things on the page."""

from seatrial.reports.limits import Limits
from seatrial.reports.views import GroupView, PillarView, page
from seatrial.results import Verdict
from tests.unit.reports.example import AS_IT_STANDS, ERRORS_THROUGH, PAIR, rich_result


def _pillar(key: str) -> PillarView:
    return next(v for v in page(rich_result(), Limits()).pillars if v.pillar.key == key)


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


def test_a_failed_check_among_others_keeps_its_own_command() -> None:
    profile = next(v for v in _pillar("contract").groups if v.group.verdict is Verdict.FAILED)
    assert profile.rerun == ""
    assert [p.rerun for p in profile.proofs if p.check.verdict is Verdict.FAILED] == [
        "pytest contracts -k profile"
    ]


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
    (matrix,) = page(twice, Limits()).pillars[0].matrices
    verdicts = [cell.verdict for row in matrix.rows for cell in row.cells if cell]
    assert verdicts.count(Verdict.FAILED) == 1


def test_every_failed_check_is_among_the_failures() -> None:
    shown = page(rich_result(), Limits()).failures
    assert [failure.check.id for failure in shown] == [
        "contract.provider",
        "chaos.provider_down.caps-probes",
    ]
