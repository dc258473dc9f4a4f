"""The page of popular clients, from planted results."""

from typing import Any

from tests.inference.cases import cases
from tests.popular.inferred import section
from tests.popular.page import part, with_part


def _measured(value: object) -> dict[str, Any]:
    return {"certainty": "measured", "value": value}


def test_each_client_has_a_row_of_what_was_found_and_of_what_it_was_given() -> None:
    (case,) = [one for one in cases(seed=1) if one.client == "tenacity+pybreaker"]
    inferred = {
        "retry.attempts": _measured(3),
        "retry.backoff_s": {"certainty": "bounded", "low": 0.1, "high": 0.25},
        "retry.attempt_timeout_covers_body": _measured(False),
        "failures.status": _measured([429, 503]),
        "breaker": _measured(True),
        "breaker.probes": {"certainty": "absent"},
    }
    result = {"inferred": {"things": inferred}, "findings": [{"id": "no-jitter"}]}
    row = section([(case, result)]).splitlines()
    (line,) = [one for one in row if one.startswith("| tenacity+pybreaker")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        *("tenacity+pybreaker", "3", "0.1 to 0.25 s (bounded)", "?", "?", "?", "**no**", "?"),
        *("429, 503", "?", "?", "no cap", "?", "no-jitter"),
    ]
    assert f"- tenacity+pybreaker: {case.numbers.attempts} attempts" in section([(case, result)])


def test_a_part_is_replaced_and_the_rest_of_the_page_stays() -> None:
    page = with_part("infer", "old", "# Clients\n")
    assert part("infer", page) in page
    newer = with_part("infer", "new", page + "\nafter\n")
    assert "old" not in newer
    assert newer.startswith("# Clients\n")
    assert newer.endswith("after\n")
    assert "new" in part("infer", newer)
