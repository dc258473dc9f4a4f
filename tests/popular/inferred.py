"""`python -m tests.popular.inferred`: what popular clients do, as `seatrial infer` sees it.

Each client is one of `tests.inference`, with numbers drawn from a seed: what they were given stands
next to what was found. Needs the group `bench`.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.inference.cases import Case, cases
from tests.inference.run import ROOT, result_in, run
from tests.popular.page import PAGE, with_part

_PART = "infer"
_HEAD = """## As `seatrial infer` sees them

Written by `python -m tests.popular.inferred --write`. Each client was given other numbers than
above, drawn from a seed; the row says what `seatrial infer` found without knowing them. "?": it is
undecided; "(bounded)": only an interval is known.

"""
_COLUMNS: Sequence[tuple[str, str]] = (
    ("attempts", "retry.attempts"),
    ("first wait", "retry.backoff_s"),
    ("growth", "retry.growth"),
    ("jitter", "retry.jitter"),
    ("attempt timeout", "retry.attempt_timeout_s"),
    ("covers the body", "retry.attempt_timeout_covers_body"),
    ("honours Retry-After", "retry.retry_after_s"),
    ("repeats", "failures.status"),
    ("breaker opens after", "breaker.failures"),
    ("open for", "breaker.open_s"),
    ("probes at once", "breaker.probes"),
    ("closes after", "breaker.successes"),
)


def section(found: Sequence[tuple[Case, Mapping[str, Any]]]) -> str:
    """Return the table, a row for each client, and its findings."""
    names = [name for name, _ in _COLUMNS]
    lines = [
        f"| client | {' | '.join(names)} | findings |",
        f"| --- |{' --- |' * (len(names) + 1)}",
    ]
    for case, result in found:
        inferred = result["inferred"]["things"]
        cells = [_cell(name, inferred) for _, name in _COLUMNS]
        ids = ", ".join(one["id"] for one in result["findings"]) or "none"
        lines.append(f"| {case.client} | {' | '.join(cells)} | {ids} |")
    lines += ["", "What they were given:", ""]
    lines += [f"- {case.client}: {_given(case)}" for case, _ in found]
    return _HEAD + "\n".join(lines) + "\n"


def _cell(name: str, inferred: Mapping[str, Mapping[str, Any]]) -> str:
    mechanism = inferred.get(name.partition(".")[0], {})
    found = inferred.get(name, {"certainty": "undecided"})
    if mechanism.get("certainty") == "absent":
        return "no breaker" if name == "breaker.failures" else "-"
    match found["certainty"]:
        case "measured":
            return _said(name, found["value"])
        case "absent":
            return "no cap" if name == "breaker.probes" else "no"
        case "bounded":
            low, high = found.get("low"), found.get("high")
            ends = " to ".join("" if one is None else f"{one:.3g}" for one in (low, high))
            unit = " s" if name.endswith("_s") else ""
            return f"{f'at least {low:.3g}' if high is None else ends}{unit} (bounded)"
    return "?"


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value} s" if name.endswith("_s") else str(value)


def _given(case: Case) -> str:
    numbers = case.numbers
    retry = f"{numbers.attempts} attempts, first wait {numbers.backoff_s:g} s"
    timeout = f"timeout {numbers.attempt_timeout_s:g} s"
    if numbers.failures is None:
        return f"{retry}, {timeout}"
    return f"{retry}, {timeout}; opens after {numbers.failures}, for {numbers.open_s:g} s"


def main() -> None:
    """Infer them all, or read what was inferred, and print or write the part of the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.popular.inferred", description=__doc__)
    parser.add_argument("--seed", type=int, default=20261129, help="of the numbers")
    parser.add_argument(
        "--results", type=Path, help="of `python -m tests.inference --keep FOLDER`, same seed"
    )
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    clients = [one for one in cases(options.seed) if one.client]
    found = [(case, result) for case in clients if (result := _result(case, options.results))]
    text = section(found)
    if options.write:
        PAGE.write_text(with_part(_PART, text), encoding="utf-8")
    else:
        print(text)  # noqa: T201 - a command prints what it found


def _result(case: Case, results: Path | None) -> Mapping[str, Any] | None:
    if results is not None:
        return result_in(results / case.name / "infer.json")
    with tempfile.TemporaryDirectory(prefix="seatrial-popular-") as folder:
        ran = run(case, Path(folder), Path(folder), patience_s=6.0)
    return ran.result or None


if __name__ == "__main__":
    main()
