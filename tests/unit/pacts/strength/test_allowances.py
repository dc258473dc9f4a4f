"""The list of allowed holes: each with its reason, and none for what isn't there."""

from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.strength.allowances import read_allowances

ENTRY = """
[[allow]]
interactions = ["a → b: c"]
mutants = ["null $.n"]
reason = "it is shown as is"
"""


def test_a_list_that_is_not_there_allows_nothing(tmp_path: Path) -> None:
    assert read_allowances(tmp_path / "none.toml").entries == ()


def test_an_allowance_belongs_to_its_interaction(tmp_path: Path) -> None:
    file = tmp_path / "strength.toml"
    file.write_text(ENTRY, encoding="utf-8")
    allowances = read_allowances(file)
    assert [entry.mutant for entry in allowances.of("a → b: c")] == ["null $.n"]
    assert allowances.of("another") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[allow]\n", "can't be read"),
        ('[[allow]]\ninteractions = ["a"]\nmutants = ["b"]\n', "allow.0.reason: Field required"),
        (ENTRY.replace('"null $.n"', ""), "allow.0.mutants"),
        (ENTRY.replace("it is shown as is", ""), "allow.0.reason"),
        (ENTRY + 'why = "x"\n', "allow.0.why"),
        (ENTRY + ENTRY, "twice"),
        ("\udcff", "can't be read"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "strength.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UsageError) as caught:
        read_allowances(file)
    assert str(file) in str(caught.value)
    assert told in str(caught.value)


def test_an_allowance_for_an_interaction_that_is_gone_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "strength.toml"
    file.write_text(ENTRY, encoding="utf-8")
    allowances = read_allowances(file)
    allowances.refuse_unknown({"a → b: c"})
    with pytest.raises(UsageError, match="no interaction here"):
        allowances.refuse_unknown({"a → b: d"})
