"""The page of popular clients: parts that commands of their own write."""

from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "popular-clients.md"
_BEGIN = "<!-- {} begins -->\n"
_END = "<!-- {} ends -->\n"


def part(name: str, page: str) -> str:
    """Return a part with its marks; empty where the page doesn't have it."""
    begin, end = _BEGIN.format(name), _END.format(name)
    if begin not in page:
        return ""
    return begin + page.partition(begin)[2].partition(end)[0] + end


def with_part(name: str, text: str, page: str | None = None) -> str:
    """Return the page with a part in the place of the one before, or at its end."""
    before = PAGE.read_text(encoding="utf-8") if page is None else page
    marked = f"{_BEGIN.format(name)}\n{text.strip()}\n\n{_END.format(name)}"
    old = part(name, before)
    return before.replace(old, marked) if old else f"{before.rstrip()}\n\n{marked}"
