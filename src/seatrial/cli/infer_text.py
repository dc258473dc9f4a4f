"""The end of `seatrial infer`: policies as TOML, with the matrix and findings as its comments."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from seatrial.infer import Known
    from seatrial.results import FailureBehaviour, Result

SEVERITIES = ("high", "medium", "low")
_TITLES = ("when its provider", "attempts", "counted", "cached", "answer", "after")


def text_of(result: "Result", known: "Mapping[str, Known]") -> str:
    """Return what is printed of a result; the whole is TOML, so that it may be piped to a file."""
    from seatrial.infer.policy import policy_toml

    parts = []
    for name, inferred in known.items():
        parts.append(policy_toml(name, inferred))
        if rows := result.behaviour.get(name):
            parts.append(_commented(_matrix(rows)))
    if result.findings:
        parts.append(_commented(_findings(result)))
    elif known and not result.verdict.exit_code:
        parts.append("# No findings: a reviewer would object to nothing that was seen.\n")
    if known:
        parts.append(_commented(_not_inferred()))
    return "\n".join(parts).rstrip("\n")


def _matrix(rows: "Mapping[str, FailureBehaviour]") -> Iterator[str]:
    cells = [_TITLES, *(_row(kind, row) for kind, row in rows.items())]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_TITLES))]
    yield "What it does, by failure:"
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(kind: str, row: "FailureBehaviour") -> tuple[str, ...]:
    after = "?" if row.after_s is None else f"{row.after_s:.2f} s"
    attempts = "?" if row.attempts is None else str(row.attempts)
    return (kind, attempts, _yes(row.counted), _yes(row.cached), row.answer or "?", after)


def _yes(found: bool | None) -> str:
    return "?" if found is None else "yes" if found else "no"


def _findings(result: "Result") -> Iterator[str]:
    yield "Findings, the worst first:"
    for one in result.findings:
        place = f"{one.edge}, " if len(result.inferred) > 1 else ""
        yield f"{one.severity}: {one.text} ({place}{one.id})"
        yield f"  seen: {one.evidence}"
        yield f"  fix: {one.fix}"


def _not_inferred() -> Iterator[str]:
    from seatrial.infer.parameters import NOT_INFERRED

    yield "Not inferred:"
    for name, reason in NOT_INFERRED.items():
        yield f"{name}: {reason}"


def _commented(lines: Iterator[str]) -> str:
    return "".join(f"# {line}".replace("\n", " ").rstrip() + "\n" for line in lines)
