"""`seatrial infer`'s table while it works, and its text at the end."""

import io
import tomllib
from datetime import UTC, datetime

from rich.console import Console

from seatrial.cli.infer_progress import InferProgress, summary
from seatrial.cli.infer_text import text_of
from seatrial.infer import EXPERIMENTS, Inferred, Known
from seatrial.results import FailureBehaviour, Result, ReviewFinding, RunVerdict

KNOWN = Known(
    {
        "retry.attempts": Inferred.measured(3, "3 requests", observations=8),
        "retry.backoff_s": Inferred.bounded("waits", observations=9, low=0.1),
        "breaker": Inferred.absent("40 failed calls", observations=40),
    }
)
FIRST, SECOND = EXPERIMENTS["noise"], EXPERIMENTS["attempts"]


def shown(*, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, width=200, height=40)
    progress = InferProgress("inferring card", console)
    with progress.shown():
        progress.before(FIRST, Known())
        progress.before(SECOND, KNOWN)
        progress.after(SECOND, KNOWN)
    return out.getvalue()


def test_in_a_pipe_each_experiment_is_a_line_and_what_it_found_another() -> None:
    lines = shown(terminal=False).splitlines()
    assert f"trying: {SECOND.question}" in lines
    assert any("found: retry.attempts 3" in line for line in lines)
    assert "\x1b" not in shown(terminal=False)


def test_on_a_terminal_a_table_has_all_questions_and_fills_in() -> None:
    frames = shown(terminal=True)
    assert all(one.question in frames for one in EXPERIMENTS.values())
    assert "retry.attempts 3" in frames


def test_an_experiment_that_concluded_nothing_says_why() -> None:
    known = Known(dict.fromkeys(SECOND.gives, Inferred.undecided("the wire was silent")))
    assert summary(SECOND, known) == "undecided: the wire was silent"


def test_the_text_is_toml_with_the_worst_finding_first() -> None:
    row = FailureBehaviour(attempts=3, counted=None, cached=False, answer="failed", after_s=0.4)
    findings = [
        ReviewFinding(id=name, severity=how, text="t", evidence="e\nf", fix="x = 1", edge="card")
        for name, how in (("no-timeout", "high"), ("no-deadline", "low"))
    ]
    result = Result(
        command="infer",
        verdict=RunVerdict.PASSED,
        seed=1,
        started=datetime(2026, 1, 1, tzinfo=UTC),
        duration_s=1.0,
        checks=(),
        behaviour={"card": {"503": row}},
        findings=tuple(findings),
    )
    text = text_of(result, {"card": KNOWN})
    assert tomllib.loads(text)["edges"]["card"]["policy"]["retry"]["attempts"] == 3
    assert text.index("no-timeout") < text.index("no-deadline")
    assert "# 503" in text
    assert "0.40 s" in text
