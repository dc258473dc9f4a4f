"""The list of waivers: each with its reason, and none for what isn't there."""

from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.pacts.strength.waivers import read_waivers

ENTRY = """
[[waiver]]
interactions = ["a → b: c"]
mutants = ["null $.n"]
reason = "it is shown as is"
"""


def test_a_list_that_is_not_there_allows_nothing(tmp_path: Path) -> None:
    assert read_waivers(tmp_path / "none.toml").entries == ()


def test_a_waiver_belongs_to_its_interaction(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY, encoding="utf-8")
    waivers = read_waivers(file)
    assert [entry.mutant for entry in waivers.of("a → b: c")] == ["null $.n"]
    assert waivers.of("another") == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[allow]\n", "can't be read"),
        ('[[waiver]]\ninteractions = ["a"]\nmutants = ["b"]\n', "waiver.0.reason: Field required"),
        (ENTRY.replace('"null $.n"', ""), "waiver.0.mutants"),
        (ENTRY.replace("it is shown as is", ""), "waiver.0.reason"),
        (ENTRY + 'why = "x"\n', "waiver.0.why"),
        (ENTRY + ENTRY, "twice"),
        ("\udcff", "can't be read"),
    ],
)
def test_a_wrong_list_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UsageError) as caught:
        read_waivers(file)
    assert str(file) in str(caught.value)
    assert told in str(caught.value)


def test_a_waiver_for_an_interaction_that_is_gone_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    file.write_text(ENTRY, encoding="utf-8")
    waivers = read_waivers(file)
    waivers.refuse_unknown({"a → b: c"})
    with pytest.raises(UsageError, match="isn't an interaction here"):
        waivers.refuse_unknown({"a → b: d"})
