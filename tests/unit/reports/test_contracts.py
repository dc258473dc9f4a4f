"""The strength of contracts pair by pair, and what is needed of what is documented."""

import io
from typing import Any

import pytest
from rich.console import Console

from seatrial.reports.contracts import PairStrength, documented, kills, strengths
from seatrial.reports.html import render_page
from seatrial.reports.terminal import render
from seatrial.results import Check, Facts, Result, Verdict
from tests.unit.reports.example import calm_result

FACTS: dict[str, Any] = {
    "mutants": 100,
    "killed": 60,
    "survived": 1,
    "waived": 2,
    "over_specified": 7,
    "equivalent": 30,
    "mutated": "the provider's own answer",
}


def strength(subject: str, **more: Any) -> Check:
    return Check(
        id="contract.strength",
        subject=subject,
        verdict=Verdict.PASSED,
        explanation="",
        evidence=(Facts(values={**FACTS, **more}),),
        rerun="pytest contracts",
    )


CHECKS = (
    strength("web → users: get a user"),
    strength("web → users: make a user", mutants=10, killed=3, survived=0, waived=0),
    strength("shop → users: get a user", mutated="the pact's example (users is away)"),
    Check(
        id="contract.openapi",
        subject="users",
        verdict=Verdict.PASSED,
        explanation="",
        evidence=(Facts(values={"drift": 0, "operations": 9, "operations_needed": 2}),),
        rerun="pytest contracts",
    ),
)


def result() -> Result:
    return calm_result().model_copy(update={"checks": CHECKS})


def test_the_interactions_of_a_pair_are_added_up() -> None:
    web, shop = strengths(CHECKS)
    assert web == PairStrength("web → users", 2, 110, 63, 1, 2, 14)
    assert (shop.interactions, shop.examples) == (1, 1)


@pytest.mark.parametrize(
    ("killed", "survived", "rate"),
    [(10, 0, "100.0 %"), (9, 1, "90.0 %"), (99_999, 1, "99.9 %"), (0, 0, "–")],  # noqa: RUF001
)
def test_a_rate_is_never_rounded_up_to_all(killed: int, survived: int, rate: str) -> None:
    assert PairStrength("a → b", killed=killed, survived=survived).mutation_score == rate


def test_a_check_without_numbers_is_no_measure() -> None:
    bare = CHECKS[0].model_copy(update={"evidence": ()})
    assert strengths([bare]) == ()
    assert kills(bare) == ""
    assert kills(CHECKS[0]) == "60/63"


def test_what_a_document_lacks_and_what_is_needed_of_it() -> None:
    (users,) = documented(CHECKS)
    assert (users.provider, users.operations_needed, users.operations) == ("users", 2, 9)


def test_the_terminal_tells_each_pair_in_a_line() -> None:
    out = io.StringIO()
    render(result(), Console(file=out, width=100))
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert "how strong mutants killed mutation score survived waived over-specified" in lines
    assert "web → users 110 63/66 95.5 % 1 2 14" in lines


def test_the_page_tells_each_pair_in_a_row_and_each_interaction_in_the_matrix() -> None:
    page = render_page(result())
    assert "63 / 66" in page
    assert "95.5 %" in page
    assert "60/63" in page
    assert "Of 1 interaction the pact" in page
    assert "2 of 9" in page
