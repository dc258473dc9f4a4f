"""How checks are grouped, and controls laid beside them."""

from seatrial.reports.outline import Group, Seen, control_table, gravest, pillars, tally
from seatrial.results import Check, Comparison, Verdict
from tests.unit.reports.example import AS_IT_STANDS, AWAY, ERRORS_THROUGH, rich_result


def _check(identifier: str, subject: str, verdict: Verdict, *evidence: Comparison) -> Check:
    return Check(
        id=identifier,
        subject=subject,
        verdict=verdict,
        explanation=f"{identifier} explained",
        evidence=evidence,
        repeat="again",
    )


def _compared(subject: str, **verdicts: Verdict) -> Comparison:
    named = {name.replace("__", "."): verdict for name, verdict in verdicts.items()}
    return Comparison(subject=subject, verdicts=named, explanations={})


def test_pillars_come_in_the_houses_order_and_foreign_ones_last() -> None:
    rich = rich_result()
    foreign = _check("zeal.x", "s", Verdict.PASSED)
    shuffled = rich.model_copy(update={"checks": (foreign, *reversed(rich.checks))})
    titles = [pillar.title for pillar in pillars(shuffled)]
    assert titles == ["Contracts", "Chaos", "Negative controls", "Load", "Zeal"]


def test_no_check_is_lost_between_the_pillars() -> None:
    rich = rich_result()
    told = [check for pillar in pillars(rich) for check in pillar.checks]
    assert sorted(c.id for c in told) == sorted(c.id for c in rich.checks)


def test_a_subject_is_as_grave_as_its_gravest_check() -> None:
    passed, undecided, failed = Verdict.PASSED, Verdict.UNDECIDED, Verdict.FAILED
    assert gravest([passed, undecided, failed]) is failed
    assert gravest([passed, undecided]) is undecided
    assert gravest([Verdict.SKIPPED, passed]) is passed
    assert gravest([]) is Verdict.SKIPPED


def test_tally_names_only_what_there_is() -> None:
    checks = [_check("a.b", "s", v) for v in (Verdict.FAILED, Verdict.PASSED, Verdict.PASSED)]
    assert tally(checks) == "2 passed, 1 failed"
    assert tally([]) == "no checks"


def test_controls_stand_beside_the_correct_subject() -> None:
    rich = rich_result()
    chaos = next(pillar for pillar in pillars(rich) if pillar.key == "chaos")
    group = next(group for group in chaos.groups if group.subject == AWAY)
    table = control_table(group, rich.checks)
    assert table is not None
    assert table.controls == (AS_IT_STANDS, ERRORS_THROUGH)
    row = next(row for row in table.rows if row.check_id == "chaos.breaker.stays_open")
    assert row.correct.verdict is Verdict.PASSED
    assert [seen.verdict for seen in row.controls] == [Verdict.UNDECIDED, Verdict.FAILED]
    assert "asked 12 times" in row.controls[1].explanation


def test_no_comparison_makes_no_table() -> None:
    group = Group("s", (_check("chaos.x", "s", Verdict.PASSED),))
    assert control_table(group, group.checks) is None


def test_comparisons_spread_over_checks_are_merged_by_control() -> None:
    group = Group(
        "s",
        (
            _check("chaos.x", "s", Verdict.PASSED, _compared("c", chaos__x=Verdict.FAILED)),
            _check("chaos.y", "s", Verdict.PASSED, _compared("c", chaos__y=Verdict.UNDECIDED)),
            _check("chaos.z", "s", Verdict.PASSED, _compared("d", chaos__x=Verdict.PASSED)),
        ),
    )
    table = control_table(group, group.checks)
    assert table is not None
    assert table.controls == ("c", "d")
    told = {row.check_id: [seen.verdict for seen in row.controls] for row in table.rows}
    assert told == {
        "chaos.x": [Verdict.FAILED, Verdict.PASSED],
        "chaos.y": [Verdict.UNDECIDED, None],
    }


def test_a_comparison_may_name_a_check_by_its_last_part_or_one_elsewhere() -> None:
    away = _check("chaos.breaker.opens", "elsewhere", Verdict.PASSED)
    group = Group(
        "control",
        (
            _check(
                "control.a",
                "control",
                Verdict.PASSED,
                _compared("c", opens=Verdict.FAILED, unknown=Verdict.FAILED),
            ),
        ),
    )
    table = control_table(group, (*group.checks, away))
    assert table is not None
    assert table.rows[0].correct == Seen(Verdict.PASSED, "chaos.breaker.opens explained")
    assert table.rows[1].correct == Seen(None, "")
