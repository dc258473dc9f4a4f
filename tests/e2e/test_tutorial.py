"""The tutorial, followed to the letter in an empty folder."""

import re
from pathlib import Path

from .command import ROOT, seatrial

PAGE = (ROOT / "docs" / "tutorial" / "consumer.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^\$ seatrial (.*)$", PAGE, re.MULTILINE)


def words(text: str) -> str:
    """The text on one line, without the numbers of one machine's day."""
    return re.sub(r"\d+(\.\d+)? m?s\b", "…", " ".join(text.split()))


def test_the_tutorial_leads_to_the_verdicts_that_it_tells_of(tmp_path: Path) -> None:
    init, run, listing, _ = COMMANDS
    for name in ("users.py", "shop.py"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    said = seatrial(*init.split(), cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "USER_SERVICE_URL" in (tmp_path / "seatrial.toml").read_text(encoding="utf-8")

    (tmp_path / "seatrial.toml").write_text(FILES["seatrial.toml"], encoding="utf-8")
    broken = seatrial(*run.split(), "--engine", "embedded", cwd=tmp_path)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    for check, sentence in re.findall(r"^- `([\w-]+)`:\s*\*([^*]+)\*", PAGE, re.MULTILINE):
        assert check in broken.stdout
        assert words(sentence) in words(broken.stdout)

    declared = (
        FILES["seatrial.toml"].replace('"full"', '"none"').replace("breaker =", "# breaker =")
    )
    (tmp_path / "seatrial.toml").write_text(declared, encoding="utf-8")
    kept = seatrial(
        "chaos", "run", "provider_down", "attempts_fail", "--engine", "embedded", cwd=tmp_path
    )
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "provider_down" in seatrial(*listing.split(), cwd=tmp_path).stdout
