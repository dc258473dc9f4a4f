"""The grouping of checks, with controls next to them."""

from seatrial.reports.outline import control_tables, gravest, pillars, summary
from seatrial.results import Check, Comparison, Result, Verdict
from tests.unit.reports.example import AS_IT_STANDS, ERRORS_THROUGH, PAIR, rich_result


def _check(identifier: str, subject: str, verdict: Verdict, *evidence: Comparison) -> Check:
    return Check(
        id=identifier,
        subject=subject,
        verdict=verdict,
        explanation=f"{identifier} explained",
        evidence=evidence,
        rerun="again",
    )


def _compared(subject: str, verdicts: dict[str, Verdict]) -> Comparison:
    return Comparison(subject=subject, verdicts=verdicts, explanations={})


def _result(*checks: Check) -> Result:
    return rich_result().model_copy(update={"checks": checks})


def test_pillars_come_in_the_houses_order_and_foreign_ones_last() -> None:
    rich = rich_result()
    foreign = _check("zeal.x", "s", Verdict.PASSED)
    shuffled = rich.model_copy(update={"checks": (foreign, *reversed(rich.checks))})
    titles = [pillar.title for pillar in pillars(shuffled)]
    assert titles == ["Contracts", "Chaos", "Negative controls", "Load", "Zeal"]


def test_no_check_is_lost_between_the_pillars() -> None:
    rich = rich_result()
    shown = [check for pillar in pillars(rich) for check in pillar.checks]
    assert sorted(c.id for c in shown) == sorted(c.id for c in rich.checks)


def test_a_subject_is_as_grave_as_its_gravest_check() -> None:
    passed, undecided, failed = Verdict.PASSED, Verdict.UNDECIDED, Verdict.FAILED
    assert gravest([passed, undecided, failed]) is failed
    assert gravest([passed, undecided]) is undecided
    assert gravest([Verdict.SKIPPED, passed]) is passed
    assert gravest([]) is Verdict.SKIPPED


def test_tally_names_only_what_there_is() -> None:
    checks = [_check("a.b", "s", v) for v in (Verdict.FAILED, Verdict.PASSED, Verdict.PASSED)]
    assert summary(checks) == "2 passed, 1 failed"
    assert summary([]) == "no checks"


def test_a_scenario_is_the_middle_of_an_id() -> None:
    chaos = next(pillar for pillar in pillars(rich_result()) if pillar.key == "chaos")
    assert [group.title for group in chaos.groups] == [
        f"{PAIR} · provider_down",
        f"{PAIR} · attempts_fail",
        PAIR,
    ]


def test_controls_stand_beside_the_correct_subject() -> None:
    (table,) = control_tables(rich_result())
    assert table.subject == PAIR
    assert table.controls == (AS_IT_STANDS, ERRORS_THROUGH)
    row = next(row for row in table.rows if row.name == "provider_down/stays-open-as-declared")
    assert row.correct is not None
    assert row.correct.verdict is Verdict.PASSED
    assert [seen.verdict for seen in row.controls] == [Verdict.UNDECIDED, Verdict.FAILED]
    assert "asked 12 times" in row.controls[1].explanation


def test_no_comparison_makes_no_table() -> None:
    assert control_tables(_result(_check("chaos.x", "s", Verdict.PASSED))) == ()


def test_comparisons_spread_over_checks_are_merged_by_control() -> None:
    (table,) = control_tables(
        _result(
            _check("chaos.x", "s", Verdict.PASSED, _compared("c", {"x": Verdict.FAILED})),
            _check("chaos.y", "s", Verdict.PASSED, _compared("c", {"y": Verdict.UNDECIDED})),
            _check("chaos.z", "s", Verdict.PASSED, _compared("d", {"x": Verdict.PASSED})),
        )
    )
    assert table.controls == ("c", "d")
    assert {row.name: [seen.verdict for seen in row.controls] for row in table.rows} == {
        "x": [Verdict.FAILED, Verdict.PASSED],
        "y": [Verdict.UNDECIDED, None],
    }


def test_controls_of_two_edges_stand_beside_their_own() -> None:
    compared = _compared("c", {"away/opens": Verdict.FAILED})
    tables = control_tables(
        _result(
            _check("chaos.away.opens", "shop → user", Verdict.PASSED),
            _check("chaos.away.opens", "bank → user", Verdict.UNDECIDED),
            _check("control.c", "bank with c", Verdict.PASSED, compared),
        )
    )
    assert [table.subject for table in tables] == ["bank → user"]
    assert tables[0].rows[0].correct is not None
    assert tables[0].rows[0].correct.verdict is Verdict.UNDECIDED


def test_a_check_that_only_the_control_was_put_to_has_no_correct_verdict() -> None:
    (table,) = control_tables(
        _result(_check("control.c", "s", Verdict.PASSED, _compared("c", {"x": Verdict.FAILED})))
    )
    assert table.subject == ""
    assert table.rows[0].correct is None


def test_a_control_is_never_taken_for_the_correct_subject() -> None:
    compared = _compared("c", {"opens": Verdict.FAILED})
    (table,) = control_tables(_result(_check("control.opens", "s", Verdict.PASSED, compared)))
    assert table.rows[0].correct is None
