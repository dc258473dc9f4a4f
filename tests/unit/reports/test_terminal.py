"""The table that ends a command."""

import io
import re

import pytest
from rich.console import Console

from seatrial.reports.terminal import render
from seatrial.results import HttpExchange, Result, RunVerdict, Verdict
from tests.unit.reports.example import ERRORS_THROUGH, calm_result, hostile_result, rich_result


def _rendered(
    result: Result, width: int = 120, *, terminal: bool = False, quiet: bool = False
) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, force_terminal=terminal, no_color=not terminal)
    render(result, console, quiet=quiet)
    return out.getvalue()


def _words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_verdict_is_the_first_word() -> None:
    assert _rendered(rich_result()).startswith("FAILED  seatrial run\n")
    assert _rendered(calm_result()).startswith("PASSED  seatrial run\n")


def test_a_pass_with_undecided_checks_says_so_in_the_first_line() -> None:
    left = calm_result().checks[0].model_copy(update={"verdict": Verdict.UNDECIDED})
    kept = left.model_copy(update={"verdict": Verdict.PASSED})
    result = calm_result().model_copy(update={"verdict": RunVerdict.PASSED, "checks": (kept, left)})
    lines = _rendered(result).splitlines()
    assert lines[0].startswith("PASSED, 1 UNDECIDED  ")
    assert lines[-1].startswith("passed, 1 UNDECIDED: ")


def test_an_invalid_run_says_so_first_with_its_reason() -> None:
    invalid = rich_result().model_copy(
        update={"verdict": RunVerdict.INVALID, "checks": (), "notes": ("2 workers were lost.",)}
    )
    shown = _rendered(invalid)
    assert shown.startswith("INVALID")
    assert "note: 2 workers were lost." in shown
    assert shown.rstrip().endswith("invalid: no checks in 41.3 s")


def test_quiet_is_silent_of_what_passed_and_tells_whatever_did_not() -> None:
    assert _rendered(calm_result(), quiet=True) == ""
    shown = _rendered(rich_result(), quiet=True)
    assert shown.count("rerun: ") == 2
    assert "hides-short-failures" not in shown
    invalid = calm_result().model_copy(
        update={"verdict": RunVerdict.INVALID, "notes": ("2 workers were lost.",)}
    )
    assert "note: 2 workers were lost." in _rendered(invalid, quiet=True)


@pytest.mark.parametrize("width", [40, 80, 160])
def test_every_check_has_its_row_under_its_pillar(width: int) -> None:
    shown = _words(_rendered(rich_result(), width)).replace(" ", "")
    at = -1
    for title in ("Contracts11passed", "Chaos3passed", "Negativecontrols2", "Load3passed"):
        assert shown.index(title) > at
        at = shown.index(title)
    for check in rich_result().checks:
        assert f"{check.verdict}{check.id.rpartition('.')[2]}" in shown


def test_failures_end_with_the_command_that_repeats_them() -> None:
    shown = _rendered(rich_result())
    assert "rerun: pytest contracts -k profile\n" in shown
    assert "rerun: seatrial chaos run provider_down --seed 20260301\n" in shown
    assert shown.count("rerun: ") == 2


def test_a_failures_call_is_a_line_to_be_copied_with_its_answer() -> None:
    call = HttpExchange(
        title="the first call that shows it",
        at_s=1,
        method="GET",
        url="http://127.0.0.1:4000/users/7/card",
        headers={"x-trace-id": "7" * 90},
        status=500,
        took_s=0.25,
        answer="boom",
    )
    checks = tuple(check.model_copy(update={"evidence": (call,)}) for check in rich_result().checks)
    shown = _rendered(rich_result().model_copy(update={"checks": checks}), 80).splitlines()
    at = shown.index("the first call that shows it:")
    assert shown[at + 1].startswith("  curl -i http://127.0.0.1:4000/users/7/card -H ")
    assert shown[at + 2 : at + 5] == ["  | HTTP 500   after 0.250 s", "  | ", "  | boom"]


def test_a_command_is_not_wrapped_in_a_narrow_terminal() -> None:
    shown = _rendered(rich_result(), width=30)
    assert "rerun: seatrial chaos run provider_down --seed 20260301\n" in shown


def test_controls_are_next_to_the_correct_subject() -> None:
    shown = _words(_rendered(rich_result()))
    _, _, controls = shown.partition("next to its negative controls, which are meant to fail")
    assert " correct A B " in controls
    assert "provider_down/stays-open-as-declared passed undecided failed" in controls
    assert "attempts_fail/hides-short-failures passed failed — " in controls


def test_controls_are_below_each_other_in_a_narrow_terminal() -> None:
    shown = _words(_rendered(rich_result(), width=50))
    expected = "stays-open-as-declared correct passed, A undecided, B failed"
    assert expected in shown


def test_what_a_control_failed_for_is_told_under_its_letter() -> None:
    shown = _words(_rendered(rich_result()))
    _, _, errors_through = shown.partition(f"B: {ERRORS_THROUGH}")
    found = "provider_down/stays-open-as-declared: The provider was asked 12 times while the"
    assert errors_through.strip().startswith(found)
    assert "It opened after 5 failures" not in shown


def test_a_pipe_gets_neither_colours_nor_other_escapes() -> None:
    assert "\x1b" not in _rendered(rich_result())


def test_a_terminal_gets_colours() -> None:
    assert "\x1b[1;31mFAILED" in _rendered(rich_result(), terminal=True)


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    render(rich_result(), Console(file=out, width=120, force_terminal=True))
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", out.getvalue())


@pytest.mark.parametrize("width", [20, 40, 80, 160])
def test_hostile_text_is_shown_harmless(width: int) -> None:
    shown = _rendered(hostile_result(), width)
    assert shown.replace("\n", "").isprintable()
    assert len(shown) < 60_000
    flat = re.sub(r"\s", "", shown)
    assert "[red]notmarkup[/red]" in flat
    assert "⟨ESCAPE⟩[2J⟨ESCAPE⟩[31mred⟨ESCAPE⟩]0;title⟨BELL⟩⟨NULL⟩" in flat
    assert "⟨U+202E⟩" in flat


def test_a_command_with_a_line_break_stays_one_line() -> None:
    shown = _rendered(hostile_result())
    assert "⟨LINE FEED⟩rm -rf /\n" in shown
    assert "\nrm -rf /" not in shown


def test_a_console_without_unicode_gets_ascii() -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii", write_through=True) as file:
        render(rich_result(), Console(file=file, width=120))
        shown = raw.getvalue().decode("ascii")
    assert "marketplace-service -> user-service - provider_down" in shown


def test_only_the_last_lines_of_a_failures_log_are_shown() -> None:
    shown = _rendered(hostile_result())
    assert "  | the last line\n" in shown
    assert "A" * 700 not in shown.replace("\n", "")


def test_skipped_checks_of_a_group_share_a_line_by_reason() -> None:
    one = calm_result().checks[0]
    why = {
        "a": "not declared: edges.x.policy.retry",
        "b": "not declared: cache",
        "c": "not declared: edges.x.policy.retry",
    }
    skipped = tuple(
        one.model_copy(
            update={
                "id": f"chaos.{name}",
                "subject": "shop → users",
                "verdict": Verdict.SKIPPED,
                "explanation": reason,
            }
        )
        for name, reason in why.items()
    )
    shown = _rendered(calm_result().model_copy(update={"checks": skipped}))
    lines = [line for line in shown.splitlines() if "not declared" in line]
    assert len(lines) == 1
    assert "3: not declared: policy.retry (a, c); cache (b)" in lines[0]


def test_what_a_program_reads_isnt_wrapped() -> None:
    out = io.StringIO()
    sentence = "so many words " * 30
    check = (
        calm_result()
        .checks[0]
        .model_copy(update={"verdict": Verdict.FAILED, "explanation": sentence.strip()})
    )
    result = calm_result().model_copy(
        update={"checks": (check,), "notes": ("invalid: it ended.\nIt said last:\nno disk",)}
    )
    render(result, Console(file=out, width=1_000), wrapped=False)
    lines = out.getvalue().splitlines()
    assert [line for line in lines if line.count("so many words") == 30]
    assert "  | no disk" in lines
    assert "LINE FEED" not in out.getvalue()
    assert not [line for line in lines if line != line.rstrip()]
