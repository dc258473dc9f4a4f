"""The page as a file: whole, alone, safe and small."""

import base64
import errno
import hashlib
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from seatrial.errors import UsageError
from seatrial.reports.html import render_page, write_report
from seatrial.results import Facts, Result, RunVerdict, Text
from tests.unit.reports.example import (
    MEGABYTE,
    calm_result,
    hostile_result,
    inferred_result,
    rich_result,
)

_SCRIPTS = ("script", "style")


class _Read(HTMLParser):
    """A page taken apart: its tags, its attributes and its text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []
        self.scripts: dict[str, list[str]] = {}
        self._inside: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._inside = dict(attrs).get("type") or tag if tag in _SCRIPTS else None

    def handle_endtag(self, tag: str) -> None:
        if tag in _SCRIPTS:
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.setdefault(self._inside, []).append(data)
        else:
            self.text.append(data)

    def values(self, name: str) -> list[str]:
        """The values of one attribute, in the page's order."""
        return [value for _, one, value in self.attributes if one == name]


@pytest.fixture(scope="module")
def rich() -> _Read:
    """The page of the rich result."""
    return _Read(render_page(rich_result()))


@pytest.fixture(scope="module")
def hostile() -> _Read:
    """The page of the hostile result."""
    return _Read(render_page(hostile_result()))


def test_the_page_and_the_result_are_written_beside_each_other(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    target = write_report(rich_result(), folder)
    assert target == folder / "index.html"
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "result.json"]
    assert Result.model_validate_json((folder / "result.json").read_text()) == rich_result()


def test_an_older_report_is_replaced(tmp_path: Path) -> None:
    write_report(rich_result(), tmp_path)
    write_report(calm_result(), tmp_path)
    assert "<title>Passed" in (tmp_path / "index.html").read_text()


def test_the_verdict_comes_before_everything_else(rich: _Read) -> None:
    said = " ".join("".join(rich.text).split())
    assert said.index("Failed 2 of 21 promises") < said.index("What broke")
    assert said.index("What broke") < said.index("What each consumer expects")


@pytest.mark.parametrize(
    ("verdict", "headline"),
    [
        (RunVerdict.PASSED, "Every promise that could be judged was kept: 19"),
        (RunVerdict.INVALID, "This run proves nothing either way"),
    ],
)
def test_the_headline_says_what_the_verdict_means(verdict: RunVerdict, headline: str) -> None:
    page = render_page(rich_result().model_copy(update={"verdict": verdict}))
    assert headline in page


def test_every_check_is_told_with_its_explanation(rich: _Read) -> None:
    said = "".join(rich.text)
    for check in rich_result().checks:
        assert check.explanation in said
        assert check.id.rpartition(".")[2] in said


def test_a_result_without_checks_has_a_page() -> None:
    empty = rich_result().model_copy(
        update={"checks": (), "figures": {}, "engine": None, "verdict": RunVerdict.INVALID}
    )
    assert "This run proves nothing either way" in render_page(empty)


def test_the_page_needs_nothing_from_outside(rich: _Read) -> None:
    assert rich.values("src") == []
    assert not {"link", "iframe", "object", "embed", "base", "form"} & set(rich.tags)
    assert {href for href in rich.values("href") if not href.startswith("#")} == {"result.json"}


def test_the_policy_forbids_the_network_and_all_scripts_but_ours(rich: _Read) -> None:
    policy = next(v for v in rich.values("content") if "default-src" in v)
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    scripts = ["".join(rich.scripts["text/plain"]), "".join(rich.scripts["script"])]
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    assert allowed == {base64.b64encode(digest).decode() for digest in digests}
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


def test_there_are_no_inline_event_handlers(rich: _Read) -> None:
    assert not [name for _, name, _ in rich.attributes if name.startswith("on")]


def test_links_within_the_page_lead_somewhere(rich: _Read) -> None:
    ids = rich.values("id")
    assert len(ids) == len(set(ids))
    targets = {href[1:] for href in rich.values("href") if href.startswith("#")}
    assert targets - set(ids) == set()
    assert len(targets) > 10


def test_tables_have_captions_and_landmarks_are_there(rich: _Read) -> None:
    assert rich.tags.count("table") == rich.tags.count("caption") > 10
    assert {tag: rich.tags.count(tag) for tag in ("main", "nav", "footer", "h1")} == {
        "main": 1,
        "nav": 1,
        "footer": 1,
        "h1": 1,
    }
    assert rich.values("lang") == ["en"]


def test_every_picture_has_a_sentence_and_a_table(rich: _Read) -> None:
    plots = rich.values("class").count("plot")
    assert plots == rich.values("role").count("img") == rich.values("class").count("data") > 4


def test_an_inferred_policy_is_there_to_be_copied_as_toml() -> None:
    page = render_page(inferred_result())
    assert "[edges.card.policy.retry]\nattempts = 3" in page
    assert "<script>" not in page.partition("[edges.card.policy.retry]")[2].partition("</pre>")[0]


def test_hostile_text_is_shown_as_text(hostile: _Read) -> None:
    said = "".join(hostile.text)
    assert "<script>window.pwned = 1</script>" in said
    assert "[red]not markup[/red]" in said
    assert "{{ 7 * 7 }}" in said
    assert "user⟨U+202E⟩gnp.exe⟨U+200F⟩" in said
    assert "⟨ESCAPE⟩[2J" in said
    assert hostile.tags.count("script") == 3


def test_no_control_or_direction_character_reaches_the_page(hostile: _Read) -> None:
    said = "".join(hostile.text) + "".join(value for _, _, value in hostile.attributes)
    assert said.replace("\n", "").isprintable()
    figures = json.loads("".join(hostile.scripts["application/json"]))
    assert "⟨U+202E⟩" in figures[0]["data"][0]["hovertext"][0]
    assert json.dumps(figures, ensure_ascii=False).isprintable()


def test_a_megabyte_is_cut_with_a_note(hostile: _Read) -> None:
    said = "".join(hostile.text)
    assert "more characters, all in result.json]" in said
    assert len(said) < 100_000
    assert "the last line" in said


def test_a_name_of_a_megabyte_takes_a_few_lines_at_most() -> None:
    check = rich_result().checks[0].model_copy(update={"subject": MEGABYTE, "id": MEGABYTE})
    said = render_page(rich_result().model_copy(update={"checks": (check,)}))
    assert "A" * 150 in said
    assert "A" * 250 not in said


def test_the_page_stays_within_six_megabytes_whatever_the_result_holds() -> None:
    rich = rich_result()
    texts = tuple(Text(title="log", text=f"{number} {MEGABYTE}") for number in range(100))
    wide = Facts(values={f"key {number}": "v" * 1_000 for number in range(5_000)})
    check = rich.checks[0].model_copy(update={"evidence": (*texts, wide)})
    checks = tuple(check.model_copy(update={"subject": f"s {n}"}) for n in range(10))
    page = render_page(rich.model_copy(update={"checks": (*rich.checks, *checks)}))
    assert len(page.encode()) <= 6_000_000
    assert "result.json has all of it" in page
    assert "result.json has all of it" not in render_page(rich)


@pytest.mark.parametrize("module", ["jinja2", "plotly.offline"])
def test_a_missing_extra_is_named_and_nothing_is_written(
    module: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"pip install 'seatrial\[report\]'"):
        write_report(rich_result(), tmp_path / "report")
    assert not (tmp_path / "report").exists()


def test_a_folder_that_is_a_file_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("mine")
    with pytest.raises(UsageError, match=r"can't be written to .*report: .*name another folder"):
        write_report(rich_result(), tmp_path / "report")
    assert (tmp_path / "report").read_text() == "mine"


def test_a_full_disk_leaves_the_older_page_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_report(rich_result(), tmp_path)
    before = (tmp_path / "index.html").read_bytes()

    def full(handle: int, *_: object, **__: object) -> None:
        os.close(handle)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("seatrial.reports.html.os.fdopen", full)
    with pytest.raises(UsageError, match="No space left on device"):
        write_report(calm_result(), tmp_path)
    assert (tmp_path / "index.html").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["index.html", "result.json"]


def test_importing_the_reports_loads_neither_jinja2_nor_plotly() -> None:
    code = (
        "import sys, seatrial.reports.html, seatrial.reports.terminal;"
        "sys.exit(bool({'jinja2', 'plotly'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
