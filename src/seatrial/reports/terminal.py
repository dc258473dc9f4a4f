"""The result as a person reads it in a terminal, a pipe or a CI log."""

import re
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from seatrial.reports.changes import change_summary
from seatrial.reports.contracts import strengths
from seatrial.reports.evidence_text import answer_text, curl_line
from seatrial.reports.hostile import tame
from seatrial.reports.outline import (
    CheckGroup,
    ControlTable,
    Pillar,
    Seen,
    control_tables,
    pillars,
    short_name,
    summary,
)
from seatrial.results import Changes, Check, HttpExchange, Result, RunVerdict, Verdict
from seatrial.results import Text as TextEvidence

_STYLES: dict[Verdict | RunVerdict, str] = {
    Verdict.PASSED: "green",
    Verdict.FAILED: "bold red",
    Verdict.UNDECIDED: "yellow",
    Verdict.SKIPPED: "dim",
    RunVerdict.PASSED: "bold green",
    RunVerdict.FAILED: "bold red",
    RunVerdict.INVALID: "bold yellow",
}
_PLAIN = str.maketrans({"→": "->", "·": "-", "…": "...", "—": "-", "⟨": "<", "⟩": ">"})
_NARROW_COLUMNS = 72
"""Below this a table has no room for sentences, and lines are written under each other instead."""
_VERDICT_COLUMNS = 11
_NAME_CHARS = 120
_SUBJECT_CHARS = 300
_SENTENCE_CHARS = 600
_COMMAND_CHARS = 2_000
_SHOWN_LINES = 8
_UNDECLARED = "not declared: "
_MANY = 3
"""Skipped checks of a group that share a line."""


def render(result: Result, console: Console, *, quiet: bool = False, wrapped: bool = True) -> None:
    """Write a result: the verdict, a table of the checks by pillar, the controls, what failed.

    Everything a service may have answered is shown harmless: no escape codes, no rich markup, no
    bidirectional marks, no megabytes.

    Args:
        result: What a command found.
        console: Where to; its width, colours and encoding are kept to.
        quiet: Write nothing of a run that passed, and of one that failed only what did.
        wrapped: Break lines at the console's width; else each sentence is one line.
    """
    if quiet and result.verdict is RunVerdict.PASSED:
        return
    page = _Page(console, wrapped=wrapped)
    page.headline(result)
    if not (quiet and result.verdict is RunVerdict.FAILED):  # why it's invalid is in the table
        for pillar in pillars(result):
            page.pillar(pillar)
        for table in control_tables(result):
            page.controls(table)
    for check in result.checks:
        if check.verdict is Verdict.FAILED:
            page.failure(check)
    if result.changes is not None:
        page.changes(result.changes)
    page.closing(result)


class _Page:
    """One console, and what may be written on it."""

    def __init__(self, console: Console, *, wrapped: bool) -> None:
        self._console = console
        self._wrapped = wrapped
        self._narrow = console.width < _NARROW_COLUMNS

    def headline(self, result: Result) -> None:
        facts = [summary(result.checks), f"{result.duration_s:.1f} s", f"seed {result.seed}"]
        if result.engine:
            facts.append(f"engine {tame(result.engine, _NAME_CHARS)}")
        line = self._text(result.verdict.upper(), _STYLES[result.verdict])
        line.append_text(self._open(result))
        line.append_text(self._text(f"  {tame(result.command, _NAME_CHARS)}", "bold"))
        self._console.print(line)
        self._console.print(self._text(" · ".join(facts), "dim"))
        for note in result.notes:
            first, *further = note.splitlines() or [""]
            self._console.print(self._text(f"note: {tame(first, _SENTENCE_CHARS)}"))
            self._lines(further)

    def _open(self, result: Result) -> Text:
        """Say next to a pass how much of it was not decided."""
        count = sum(check.verdict is Verdict.UNDECIDED for check in result.checks)
        if not count or result.verdict is not RunVerdict.PASSED:
            return self._text("")
        return self._text(f", {count} UNDECIDED", _STYLES[Verdict.UNDECIDED])

    def pillar(self, pillar: Pillar) -> None:
        self._console.print()
        title = self._text(tame(pillar.title, _NAME_CHARS), "bold")
        title.append_text(self._text(f"  {summary(pillar.checks)}", "dim"))
        self._console.print(title)
        self._measured(pillar.checks)
        longest = max(len(short_name(check)) for check in pillar.checks)
        id_columns = min(longest, self._console.width // 2 - _VERDICT_COLUMNS)
        for group in pillar.groups:
            self._console.print(self._text(tame(group.title, _SUBJECT_CHARS), "italic"))
            skipped = [check for check in group.checks if check.verdict is Verdict.SKIPPED]
            if len(skipped) >= _MANY:
                rest = tuple(check for check in group.checks if check not in skipped)
                group = replace(group, checks=rest)
                self._skipped(skipped)
            if not self._wrapped:
                self._plain(group, id_columns)
            elif self._narrow:
                self._stack(group)
            else:
                self._console.print(self._tabulated(group, id_columns))

    def _skipped(self, checks: Sequence[Check]) -> None:
        """Print one line for all that was skipped, by reason."""
        reasons: dict[str, list[str]] = {}
        for check in checks:
            reasons.setdefault(check.explanation, []).append(short_name(check))
        undeclared = all(reason.startswith(_UNDECLARED) for reason in reasons)
        said = _UNDECLARED if undeclared else ""
        said += "; ".join(
            f"{_shortened(reason, undeclared=undeclared)} ({', '.join(names)})"
            for reason, names in reasons.items()
        )
        line = self._text("  ").append_text(self._verdict(Verdict.SKIPPED))
        line.append_text(self._text(f"    {len(checks)}: {tame(said, _COMMAND_CHARS)}", "dim"))
        self._console.print(line, soft_wrap=not self._wrapped)

    def _plain(self, group: CheckGroup, id_columns: int) -> None:
        """Print a line for each check, however long: a program or a file takes it."""
        for check in group.checks:
            line = self._text("  ").append_text(self._verdict(check.verdict))
            line.pad_right(_VERDICT_COLUMNS + 2 - len(line.plain))
            name = self._name(short_name(check))
            name.pad_right(max(0, id_columns - len(name.plain)) + 2)
            line = line.append_text(name).append_text(self._sentence(check.explanation))
            line.rstrip()
            self._console.print(line, soft_wrap=True)

    def _measured(self, checks: Sequence[Check]) -> None:
        """Print how strong the contracts of each pair are, before each contract."""
        measured = strengths(checks)
        if not measured:
            return
        titles = ("mutants", "killed", "mutation score", "survived", "waived", "over-specified")
        table = Table(box=None, pad_edge=False, header_style="italic")
        table.add_column("how strong", overflow="fold")
        for title in titles:
            table.add_column(title, justify="right")
        for one in measured:
            numbers = (one.mutants, f"{one.killed}/{one.minded}", one.mutation_score, one.survived)
            cells = map(str, (*numbers, one.waived, one.over_specified))
            table.add_row(self._name(one.pair), *map(self._text, cells))
        self._console.print(table)

    def controls(self, table: ControlTable) -> None:
        self._console.print()
        title = self._name(table.subject or "The checks")
        title.stylize("bold")
        title.append_text(
            self._text(" next to its negative controls, which are meant to fail", "bold")
        )
        self._console.print(title)
        letters = ascii_uppercase[: len(table.controls)]
        if self._narrow:
            self._below_each_other(table, letters)
        else:
            self._console.print(self._side_by_side(table, letters))
        for number, (letter, control) in enumerate(zip(letters, table.controls, strict=False)):
            self._console.print(self._text(f"{letter}: ").append_text(self._name(control)))
            self._defects([(row.name, row.controls[number]) for row in table.rows])

    def _side_by_side(self, table: ControlTable, letters: str) -> Table:
        """The verdicts alone; sentences would need more room than a terminal has."""
        grid = Table(box=None, pad_edge=False, header_style="italic")
        grid.add_column(overflow="fold")
        for heading in ("correct", *letters):
            grid.add_column(heading, no_wrap=True)
        for row in table.rows:
            correct = self._verdict(row.correct.verdict if row.correct else None)
            controls = [self._verdict(seen.verdict) for seen in row.controls[: len(letters)]]
            grid.add_row(self._name(row.name), correct, *controls)
        return grid

    def _below_each_other(self, table: ControlTable, letters: str) -> None:
        for row in table.rows:
            self._console.print(self._name(row.name))
            line = self._text("correct ").append_text(
                self._verdict(row.correct.verdict if row.correct else None)
            )
            for letter, seen in zip(letters, row.controls, strict=False):
                line.append(f", {letter} ").append_text(self._verdict(seen.verdict))
            self._indented(line, 2)

    def _defects(self, seen: Sequence[tuple[str, Seen]]) -> None:
        for name, one in seen:
            if one.verdict is Verdict.FAILED:
                line = self._name(name).append(": ")
                self._indented(line.append_text(self._sentence(one.explanation)), 3)

    def changes(self, changes: Changes) -> None:
        """Print what isn't as it was, one line each."""
        self._console.print()
        title = self._text(f"What changed since {changes.started:%Y-%m-%d %H:%M}", "bold")
        title.append_text(self._text(f"  {change_summary(changes)}", "dim"))
        self._console.print(title)
        for one in changes.checks:
            style = "green" if one.kind in ("fixed", "new") else "bold red"
            line = self._text(f"  {one.kind}  ", style).append_text(self._name(one.id))
            line.append_text(self._text("  ")).append_text(self._name(one.subject))
            self._console.print(line, soft_wrap=True)
            self._indented(self._sentence(one.explanation), 4)
        for slow in changes.slower:
            sure = "" if slow.chance is not None else " (measured once: may be the machine)"
            line = self._text("  slower  ", "yellow").append_text(self._name(slow.figure))
            line.append_text(self._text(f"  {slow.before:.4g} → {slow.after:.4g}{sure}"))
            self._console.print(line, soft_wrap=True)

    def failure(self, check: Check) -> None:
        self._console.print()
        title = self._text("failed", _STYLES[Verdict.FAILED])
        title.append_text(self._text(f"  {tame(check.id, _NAME_CHARS)}", "bold"))
        self._console.print(title)
        self._console.print(self._text(tame(check.subject, _SUBJECT_CHARS), "italic"))
        self._indented(self._sentence(check.explanation), 0)
        for evidence in check.evidence:
            if isinstance(evidence, TextEvidence):
                self._excerpt(evidence)
            elif isinstance(evidence, HttpExchange):
                self._called(evidence)
        # Not wrapped: a command is there to be copied.
        self._console.print(
            self._text(f"rerun: {tame(check.rerun, _COMMAND_CHARS)}", "cyan"), soft_wrap=True
        )

    def _called(self, exchange: HttpExchange) -> None:
        """Print a call as a command to be copied, and the beginning of its answer."""
        self._console.print(self._text(f"{tame(exchange.title, _NAME_CHARS)}:", "dim"))
        command = tame(curl_line(exchange), _COMMAND_CHARS)
        self._console.print(self._text(f"  {command}"), soft_wrap=True)
        self._lines(answer_text(exchange).splitlines()[:_SHOWN_LINES])

    def closing(self, result: Result) -> None:
        self._console.print()
        line = self._text(result.verdict.value, _STYLES[result.verdict])
        line.append_text(self._open(result))
        line.append_text(self._text(f": {summary(result.checks)} in {result.duration_s:.1f} s"))
        self._console.print(line)

    def _tabulated(self, group: CheckGroup, id_columns: int) -> Table:
        table = Table.grid(expand=True, padding=(0, 2, 0, 0))
        table.add_column(width=_VERDICT_COLUMNS, no_wrap=True)
        table.add_column(width=id_columns, overflow="fold")
        table.add_column(ratio=1, overflow="fold")
        for check in group.checks:
            verdict = self._text("  ").append_text(self._verdict(check.verdict))
            table.add_row(verdict, self._name(short_name(check)), self._sentence(check.explanation))
        return table

    def _stack(self, group: CheckGroup) -> None:
        for check in group.checks:
            line = self._text("  ").append_text(self._verdict(check.verdict))
            self._console.print(line.append("  ").append_text(self._name(short_name(check))))
            self._indented(self._sentence(check.explanation), 4)

    def _indented(self, text: Text, columns: int) -> None:
        if text.plain and not self._wrapped:
            self._console.print(self._text(" " * columns).append_text(text), soft_wrap=True)
        elif text.plain:
            self._console.print(Padding.indent(text, columns))

    def _excerpt(self, evidence: TextEvidence) -> None:
        self._console.print(self._text(f"{tame(evidence.title, _NAME_CHARS)}:", "dim"))
        self._lines(evidence.text.splitlines()[-_SHOWN_LINES:])

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._console.print(self._text(f"  | {tame(line.expandtabs(4), _NAME_CHARS)}"))

    def _sentence(self, sentence: str) -> Text:
        return self._text(tame(sentence, _SENTENCE_CHARS))

    def _verdict(self, verdict: Verdict | None) -> Text:
        return self._text(verdict.value, _STYLES[verdict]) if verdict else self._text("—", "dim")

    def _name(self, name: str) -> Text:
        return self._text(tame(name, _NAME_CHARS))

    def _text(self, text: str, style: str = "") -> Text:
        """Text, never markup, in characters that the console's encoding has."""
        encoding = self._console.encoding
        try:
            text.encode(encoding)
        except UnicodeEncodeError:
            text = text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
        return Text(text, style=style)


def _shortened(reason: str, *, undeclared: bool) -> str:
    """Leave out what all reasons begin with, and the edge that the group's title names."""
    rest = reason.removeprefix(_UNDECLARED) if undeclared else reason
    return re.sub(r"edges\.[\w-]+\.", "", rest)
