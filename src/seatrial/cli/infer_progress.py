"""`seatrial infer` while it works: a table that fills in on a terminal, lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from seatrial.infer import Experiment, Inferred, Known


class InferProgress:
    """Shows what is being tried on one edge, and what each experiment found."""

    def __init__(self, title: str, console: "Console") -> None:
        """Write to a console; `shown` begins."""
        from seatrial.infer.planner import in_order

        self.title = title
        self._console = console
        self._rows: list[tuple[Experiment, str | None]] = [(one, None) for one in in_order()]
        """Each experiment, with what was found where it is over."""
        self._trying: str | None = None

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show it for the time of a block, and leave it there."""
        from rich.live import Live
        from rich.markup import escape

        began_s = time.monotonic()
        if self._console.is_terminal:
            with Live(
                get_renderable=self._table,
                console=self._console,
                redirect_stdout=False,
                redirect_stderr=False,
            ):
                yield
        else:
            self._print(f"{self.title} ...")
            yield
        took_s = time.monotonic() - began_s
        self._console.print(f"{escape(self.title)}: {took_s:.1f} s")

    def before(self, experiment: "Experiment", known: "Known") -> None:
        """Take that an experiment begins."""
        self._end_of_others(experiment, known)
        self._trying = experiment.name
        if not self._console.is_terminal:
            self._print(f"trying: {experiment.question}")

    def after(self, experiment: "Experiment", known: "Known") -> None:
        """Take that an experiment has ended, and what is known now."""
        self._trying = None
        self._found(experiment, known)

    def _end_of_others(self, until: "Experiment", known: "Known") -> None:
        """Those before it that never began, or ended in nothing, have said why."""
        for one, found in self._rows:
            if one.name == until.name:
                return
            if found is None:
                self._found(one, known)

    def _found(self, experiment: "Experiment", known: "Known") -> None:
        text = summary(experiment, known)
        place = next(n for n, row in enumerate(self._rows) if row[0].name == experiment.name)
        self._rows[place] = (experiment, text)
        if not self._console.is_terminal:
            self._print(f"  found: {text}")

    def _table(self) -> "Table":
        from rich.markup import escape
        from rich.spinner import Spinner
        from rich.table import Table

        # A line each, so that the whole fits into a terminal, and what is being tried is seen.
        line: dict[str, Any] = {"no_wrap": True, "overflow": "ellipsis"}
        grid = Table(title=escape(self.title), title_justify="left", box=None, expand=True)
        grid.add_column("", min_width=1)
        grid.add_column("question", ratio=2, **line)
        grid.add_column("found", ratio=3, **line)
        for one, found in self._rows:
            if found is not None:
                grid.add_row("✓", one.question, escape(found))
            elif one.name == self._trying:
                grid.add_row(Spinner("dots"), f"[bold]{one.question}[/bold]", "…")
            else:
                grid.add_row("", f"[dim]{one.question}[/dim]", "")
        return grid

    def _print(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


def summary(experiment: "Experiment", known: "Known") -> str:
    """Return what is known of an experiment's parameters, in a line."""
    found = {name: known.parameters[name] for name in experiment.gives if name in known.parameters}
    said = [f"{name} {_value(one)}" for name, one in found.items() if _value(one)]
    undecided = [name for name, one in found.items() if not _value(one)]
    if undecided and not said:
        return f"undecided: {found[undecided[0]].why}"
    if undecided:
        said.append(f"undecided: {', '.join(undecided)}")
    return "; ".join(said) or "in the matrix below"


def _value(found: "Inferred") -> str:
    """Return a parameter's value in a word or two; empty where it is undecided."""
    match found.certainty:
        case "measured":
            return _said(found.value)
        case "absent":
            return "absent"
        case "bounded":
            low = "" if found.low is None else f"≥ {found.low:.3g}"
            high = "" if found.high is None else f"≤ {found.high:.3g}"
            return " and ".join(filter(None, (low, high)))
    return ""


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
