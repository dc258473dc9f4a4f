"""`python -m tests.popular [--write]`: which promises popular clients keep on the wire.

Needs the group `bench`, which has the libraries.
"""

import argparse
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from seatrial.checks import Finding
from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import Part, load_scenarios, run_parts
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from tests.popular.consumer import CLIENTS
from tests.popular.page import PAGE, part

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIGNS = {
    Verdict.PASSED: "kept",
    Verdict.FAILED: "**broken**",
    Verdict.UNDECIDED: "undecided",
    Verdict.SKIPPED: "-",
}
HEAD = """# Popular clients, on the wire

Written by `python -m tests.popular --write`; don't edit it by hand.

Each client is put together as its libraries' own documentation shows it
(`tests/popular/consumer.py`), is asked to keep one policy (`tests/popular/seatrial.toml`: four
attempts with full jitter and a retry budget; around them a breaker that opens after three failed
calls for 1 s, lets two probes through, and closes after two successes), and runs the scenarios
of `chaos/`.

What a library doesn't offer is asked for all the same, since it is what a provider sees; that an
answer of another schema is no good one is for the caller's own code to say. "Undecided":
another promise, which this one depends on, is broken already, or isn't offered. "-": it isn't
declared.

"""

Findings = Mapping[tuple[str, str], Finding]


def judged() -> dict[str, Findings]:
    """Print what each client's checks say."""
    scenarios = load_scenarios(ROOT / "chaos")
    with Session() as session, open_engine(session, "embedded") as engine:
        config = load_config(HERE / "seatrial.toml")
        testbed = WireTestbed(Launcher(session, config, HERE), engine, "things")
        parts = [
            Part(scenario, client, {"CLIENT": client})
            for scenario in scenarios.values()
            if not scenario.lacks(testbed) and not scenario.exclusive
            for client in CLIENTS
        ]
        batch = run_parts(testbed, parts, progress=lambda text: print(text, file=sys.stderr))
    for reason in batch.invalid:
        print(f"invalid: {reason}", file=sys.stderr)
    found: dict[str, dict[tuple[str, str], Finding]] = {client: {} for client in CLIENTS}
    for run in batch.runs:
        for check, finding in run.findings.items():
            found[run.part.control or ""][(run.part.scenario.name, check)] = finding
    return dict(found)


def page(found: Mapping[str, Findings]) -> str:
    """The table, and why what is broken is."""
    rows = sorted({key for findings in found.values() for key in findings})
    names = [_named(client) for client in found]
    lines = [f"| promise | {' | '.join(names)} |", f"| --- |{' --- |' * len(names)}"]
    for key in rows:
        verdicts = [findings.get(key) for findings in found.values()]
        signs = [SIGNS[one.verdict] if one else "invalid" for one in verdicts]
        if set(signs) != {"-"}:
            lines.append(f"| {key[0]}: {key[1]} | {' | '.join(signs)} |")
    lines.append("")
    for client, findings in found.items():
        broken = [key for key in rows if key in findings and findings[key].verdict == "failed"]
        lines += [f"## {client}", "", f"{len(broken)} promises are broken.", ""]
        lines += [f"- {key[0]}: {key[1]}: {findings[key].explanation}" for key in broken]
        lines.append("")
    return HEAD + "\n".join(lines)


def _named(client: str) -> str:
    return " + ".join(f"{name} {version(name)}" for name in client.split("+"))


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(prog="python -m tests.popular", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    text = page(judged())
    if options.write:
        inferred = part("infer", PAGE.read_text(encoding="utf-8"))
        PAGE.write_text(f"{text.rstrip()}\n\n{inferred}", encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
