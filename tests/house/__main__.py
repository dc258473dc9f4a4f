"""Print what the package looks like, next to a revision: `python -m tests.house --since REV`."""

import argparse
import tomllib

from tests.house.measures import ROOT, House, house_at, house_here
from tests.house.words import WORDS


def main() -> None:
    """Print lines, modules, homonyms, import rules and the glossary's counts."""
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=__doc__)
    parser.add_argument("--since", metavar="REV", default="HEAD", help="compare with (%(default)s)")
    before, now = house_at(parser.parse_args().since), house_here()
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    print(f"{'':44} {'before':>7} {'now':>7}")
    _row("src_modules", len(before.modules), len(now.modules))
    _row("src_lines", before.lines, now.lines)
    _row("homonyms", len(before.homonyms()), len(now.homonyms()))
    print(f"import_contracts {len(rules['contracts'])}")
    _homonyms(now)
    print("\nwhat is left of the words that the glossary replaced")
    old, new = before.old_words(), now.old_words()
    for word in WORDS:
        _row(word, old[word], new[word])


def _row(name: str, before: int, now: int) -> None:
    print(f"{name:44} {before:7} {now:7}")


def _homonyms(house: House) -> None:
    for name, paths in house.homonyms().items():
        print(f"  {name}: {', '.join(path.removeprefix('src/seatrial/') for path in paths)}")


if __name__ == "__main__":
    main()
