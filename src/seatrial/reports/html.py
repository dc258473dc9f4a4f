"""The result as a page that opens from disk, without a network, in any browser of today."""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seatrial.errors import UsageError
from seatrial.reports.hostile import tame
from seatrial.reports.limits import Limits
from seatrial.reports.sections import SECTIONS, Layout
from seatrial.reports.sections.pillars import counts_of
from seatrial.results import Declared, Result, RunVerdict, Verdict

if TYPE_CHECKING:
    import jinja2

_MOST_BYTES = 6_000_000
_DIVISORS = (1, 4, 16, 64, 1_000)
"""Shares of the evidence that are kept, tried in turn until the page is small enough."""
_MARKS = {"passed": "✓", "failed": "✕", "undecided": "?", "skipped": "–", "invalid": "!"}  # noqa: RUF001
_ABOUT = {
    "contract": "What each consumer expects, and whether its client and the provider hold it.",
    "chaos": "What callers and the provider saw while the network failed, judged by the declared "
    "policy. Hover over a bar for its moment; drag over a picture to look closer.",
    "control": "Clients with known defects in the correct one's place. A control passes when the "
    "checks find exactly its defects.",
    "load": "What the services stand, and what the cache keeps from the provider.",
}


def write_report(result: Result, folder: Path) -> Path:
    """Write index.html, and result.json next to it, each whole or not at all.

    Args:
        result: What a command found.
        folder: Made when it isn't there; an older report in it is replaced.

    Returns:
        The path of index.html, at most 6 MB.

    Raises:
        UsageError: the extra "report" isn't installed, or the folder can't be written.
    """
    text = render_page(result)
    target = folder / "index.html"
    with _mended(folder):
        folder.mkdir(parents=True, exist_ok=True)
        result.write(folder / "result.json")
        _replace(target, text)
    return target


def render_page(result: Result) -> str:
    """The page as one text; evidence is cut until it fits 6 MB.

    Raises:
        UsageError: the extra "report" isn't installed.
    """
    text = ""
    for divisor in _DIVISORS:
        text = _render(result, Limits().divided(divisor), shortened=divisor > 1)
        if len(text.encode()) <= _MOST_BYTES:
            break
    return text


def _render(result: Result, limits: Limits, *, shortened: bool) -> str:
    environment = _environment(limits)
    loader = environment.loader
    assert loader is not None
    style, script = (
        loader.get_source(environment, name)[0] for name in ("report.css", "report.js")
    )
    layout = Layout(result, limits)
    laid_out = [(section, section.lay_out(layout)) for section in SECTIONS]
    plotly = _plotly() if layout.figures else ""
    return environment.get_template("report.html.jinja").render(
        result=result,
        sections=[(one.template, view) for one, view in laid_out if view is not None],
        views={one.name: view for one, view in laid_out},
        figures=layout.figures,
        counts=counts_of(result.checks),
        verdicts=list(Verdict),
        limits=limits,
        shortened=shortened,
        headline=_headline(result),
        marks=_MARKS,
        about=_ABOUT,
        style=style,
        plotly=plotly,
        script=script,
        script_hashes=" ".join(map(_hashed, (plotly, script))),
    )


def _environment(limits: Limits) -> "jinja2.Environment":
    try:
        import jinja2
    except ModuleNotFoundError:
        raise _missing("jinja2") from None

    def harmless(value: Any) -> Any:
        """The last gate: no text reaches the page as it came, whatever the template forgot."""
        if isinstance(value, str) and not hasattr(value, "__html__"):
            return tame(value, limits.text_chars, lines=True)
        return value

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seatrial.reports"),
        autoescape=True,
        finalize=harmless,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters |= {
        "name": lambda text: tame(text, limits.name_chars),
        "sentence": lambda text: tame(text, limits.sentence_chars),
        "text": lambda text: tame(text, limits.text_chars, lines=True),
        "fact": lambda value: _fact(value, limits),
    }
    return environment


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ModuleNotFoundError:
        raise _missing("plotly") from None
    # Inside JavaScript's strings the two spellings are the same; to the HTML parser they aren't.
    return str(get_plotlyjs()).replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _missing(module: str) -> UsageError:
    return UsageError(
        f"the HTML report needs {module}, which isn't installed: pip install 'seatrial[report]'"
    )


def _hashed(script: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _fact(value: Declared, limits: Limits) -> str:
    if isinstance(value, tuple):
        return ", ".join(_fact(one, limits) for one in value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return tame(value, limits.sentence_chars)
    return f"{value:,.6g}" if isinstance(value, float) else f"{value:,}"


def _headline(result: Result) -> str:
    if result.inferred and not result.checks:
        found = [one for edge in result.inferred.values() for one in edge.values()]
        sure = sum(one.certainty != "undecided" for one in found)
        count = len(result.findings)
        return f"{sure} of {len(found)} parameters found; {count} objection{'s' * (count != 1)}"
    verdicts = [check.verdict for check in result.checks]
    failed, passed = verdicts.count(Verdict.FAILED), verdicts.count(Verdict.PASSED)
    if result.verdict is RunVerdict.INVALID:
        return "This run proves nothing either way"
    if result.verdict is RunVerdict.FAILED:
        return f"{failed} of {failed + passed} promises that could be judged were broken"
    undecided = verdicts.count(Verdict.UNDECIDED)
    left = f"; {undecided} could not be judged" if undecided else ""
    return f"Every promise that could be judged was kept: {passed}{left}"


@contextmanager
def _mended(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(
            f"the report can't be written to {folder}: {error.strerror or error}; "
            "free that place or name another folder"
        ) from error


def _replace(target: Path, text: str) -> None:
    """Write next to the target, then take its place; nothing is left behind on an error."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        part.chmod(0o644)
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
