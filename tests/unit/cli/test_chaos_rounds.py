"""Several rounds become one result: what failed once is shown, and counted."""

from seatrial.cli.chaos import chosen_checks, false_alarms
from seatrial.results import Check, Verdict
from seatrial.scenarios import ChaosRun


def rounds(*verdicts: Verdict) -> list[list[ChaosRun]]:
    """One check, judged so round after round."""
    return [
        [ChaosRun([Check(id="chaos.a.b", subject="s", verdict=v, explanation=str(n), rerun="r")])]
        for n, v in enumerate(verdicts)
    ]


def test_a_check_that_failed_once_is_shown_failed() -> None:
    ran = rounds(Verdict.PASSED, Verdict.FAILED, Verdict.PASSED)
    (check,) = chosen_checks(ran)
    assert check.verdict is Verdict.FAILED
    assert check.explanation == "1"
    assert false_alarms(ran) == 1


def test_what_was_left_undecided_once_is_no_false_alarm_and_is_shown() -> None:
    ran = rounds(Verdict.UNDECIDED, Verdict.PASSED)
    assert [check.verdict for check in chosen_checks(ran)] == [Verdict.UNDECIDED]
    assert false_alarms(ran) == 0


def test_of_rounds_that_passed_the_last_one_is_shown() -> None:
    (check,) = chosen_checks(rounds(Verdict.PASSED, Verdict.PASSED))
    assert check.explanation == "1"
