"""Hostile text, and what is shown of it."""

import pytest

from seatrial.reports.hostile import tame, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain → text, ünïcode, 漢字", "plain → text, ünïcode, 漢字"),
        ("\x1b[2J\x00\x7f", "⟨ESCAPE⟩[2J⟨NULL⟩⟨DELETE⟩"),
        ("a\u202eb\u200fc\u200bd\ufeff", "a⟨U+202E⟩b⟨U+200F⟩c⟨U+200B⟩d⟨U+FEFF⟩"),
        ("a\u00a0b", "a b"),
        ("\x85\x9b", "⟨U+0085⟩⟨U+009B⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("a\r\nb\tc", "a⟨CARRIAGE RETURN⟩⟨LINE FEED⟩b⟨HORIZONTAL TABULATION⟩c"),
    ],
)
def test_invisible_characters_are_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_lines_and_tabs_stay_where_lines_are_wanted() -> None:
    assert visible("a\n\tb\x1b", lines=True) == "a\n\tb⟨ESCAPE⟩"


def test_every_character_is_printable_afterwards() -> None:
    everything = "".join(map(chr, range(0x3100)))
    assert visible(everything).isprintable()


def test_text_within_the_limit_is_whole() -> None:
    assert tame("x" * 100, 100) == "x" * 100


def test_a_long_line_is_cut_with_a_note_of_how_much() -> None:
    assert tame("x" * 1_000_100, 100) == (
        "x" * 100 + "… [1,000,000 more characters, all in result.json]"
    )


def test_long_lines_keep_both_ends_and_more_of_the_last() -> None:
    text = tame("a" * 500 + "\n" + "b" * 500, 300, lines=True)
    assert text == f"{'a' * 100}\n… [701 more characters, all in result.json]\n{'b' * 200}"
