"""The tutorial, followed to the letter in an empty folder."""

import re
import tomllib
from pathlib import Path

from .command import ROOT, seatrial

PAGE = (ROOT / "docs" / "tutorial" / "consumer.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL))
COMMANDS = re.findall(r"^\$ seatrial (.*)$", PAGE, re.MULTILINE)
SAID = re.findall(r"^- `([\w-]+)`:\s*\*([^*]+)\*", PAGE, re.MULTILINE)
"""The checks and findings that the page shows, with what they say."""
FINDINGS = ("no-breaker", "timeout-of-each-read", "refusals-repeated")


def words(text: str) -> str:
    """The text on one line, without the numbers of one machine's day."""
    return re.sub(r"\d+(\.\d+)? m?s\b", "…", " ".join(text.split()))


def test_the_tutorial_leads_to_the_verdicts_that_it_tells_of(tmp_path: Path) -> None:
    init, first, infer, run, listing, _ = COMMANDS
    for name in ("users.py", "shop.py"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    config = tmp_path / "seatrial.toml"
    said = seatrial(*init.split(), cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    (seen,) = re.findall(r"^```\n(- shop answers.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert seen in said.stdout

    passed = seatrial(*first.split(), cwd=tmp_path)
    assert passed.returncode == 0, passed.stdout + passed.stderr

    inferred = seatrial(*infer.split(), cwd=tmp_path, timeout_s=600)
    assert inferred.returncode == 0, inferred.stdout + inferred.stderr
    for finding, sentence in SAID:
        if finding in FINDINGS:
            assert f"({finding})" in inferred.stdout
            assert words(sentence) in words(inferred.stdout)
    assert tomllib.loads(config.read_text(encoding="utf-8"))["edges"]["users"]["policy"]["failures"]

    config.write_text(FILES["seatrial.toml"], encoding="utf-8")
    broken = seatrial(*run.split(), "--engine", "embedded", cwd=tmp_path)
    assert broken.returncode == 1, broken.stdout + broken.stderr
    for check, sentence in SAID:
        if check not in FINDINGS:
            assert check in broken.stdout
            assert words(sentence) in words(broken.stdout)

    declared = (
        FILES["seatrial.toml"].replace('"full"', '"none"').replace("breaker =", "# breaker =")
    )
    config.write_text(declared, encoding="utf-8")
    kept = seatrial(
        "chaos", "run", "provider_down", "attempts_fail", "--engine", "embedded", cwd=tmp_path
    )
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert "provider_down" in seatrial(*listing.split(), cwd=tmp_path).stdout
