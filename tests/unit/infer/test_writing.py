"""The inferred policy goes into seatrial.toml, and never over what is declared there."""

import tomllib

from seatrial.infer import Inferred, Known
from seatrial.infer.writing import with_policies

TEXT = """# ours
[edges.card]
consumer = "shop" # kept

[edges.card.policy]
[edges.card.policy.retry]
attempts = 5
"""


def known(**values: float) -> Known:
    parameters = {
        name.replace("__", "."): Inferred.measured(value, "seen", observations=3)
        for name, value in values.items()
    }
    return Known(parameters)


def test_what_is_not_declared_is_added_and_comments_stay() -> None:
    found = known(breaker=True, breaker__failures=3, breaker__open_s=1.5)
    text, added = with_policies(TEXT, {"card": found})
    assert "# ours" in text
    assert "# kept" in text
    policy = tomllib.loads(text)["edges"]["card"]["policy"]
    assert policy["breaker"] == {"failures": 3, "open_s": 1.5}
    assert "edges.card.policy.breaker.failures" in added


def test_a_declared_value_is_never_changed() -> None:
    text, added = with_policies(TEXT, {"card": known(retry__attempts=3)})
    assert tomllib.loads(text)["edges"]["card"]["policy"]["retry"]["attempts"] == 5
    assert added == []


def test_a_section_that_would_not_be_valid_is_left_alone() -> None:
    declared = TEXT + "deadline_s = 1.0\n"
    text, added = with_policies(
        declared, {"card": known(retry__attempts=3, retry__attempt_timeout_s=4.0)}
    )
    assert "attempt_timeout_s" not in text
    assert added == []
