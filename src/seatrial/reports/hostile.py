"""Text from outside, harmless to read: nothing invisible, no cursor moved, no megabytes.

Markup is escaped by whoever writes it (jinja2's autoescape, rich's `Text`), not here.
"""

import unicodedata

_DELETE = 0x7F


def tame(text: str, limit_chars: int, *, lines: bool = False) -> str:
    """Cut a text and show its invisible characters.

    Args:
        text: Anything, of any length.
        limit_chars: Most characters of the text that are kept; a note says how many were not.
        lines: Keep line breaks and tabs, and cut from the middle, since a log's end matters most.
            Without it the result is one line.

    Returns:
        Text with neither control nor bidirectional nor zero-width characters.
    """
    left_out = len(text) - limit_chars
    if left_out <= 0:
        return visible(text, lines=lines)
    note = f"… [{left_out:,} more characters, all in result.json]"
    if not lines:
        return visible(text[:limit_chars]) + note
    head_chars = limit_chars // 3
    tail_chars = limit_chars - head_chars
    head = visible(text[:head_chars], lines=True)
    tail = visible(text[-tail_chars:], lines=True) if tail_chars else ""
    return f"{head}\n{note}\n{tail}"


def visible(text: str, *, lines: bool = False) -> str:
    """Show each character that would be invisible or would change how its neighbours look.

    Args:
        text: Anything.
        lines: Leave line breaks and tabs as they are.

    Returns:
        The text, with U+001B as ``⟨ESCAPE⟩``, U+202E as ``⟨U+202E⟩``, and so on: letters, since few
        fonts have pictures of control characters.
    """
    if text.isprintable():
        return text
    return "".join(_shown(character, lines=lines) for character in text)


def _shown(character: str, *, lines: bool) -> str:
    if character.isprintable() or (lines and character in "\n\t"):
        return character
    code = ord(character)
    if code < ord(" ") or code == _DELETE:
        picture = chr(0x2400 + code) if code < ord(" ") else "\N{SYMBOL FOR DELETE}"
        return f"⟨{unicodedata.name(picture).removeprefix('SYMBOL FOR ')}⟩"
    if unicodedata.category(character) == "Zs":
        return " "
    return f"⟨U+{code:04X}⟩"
