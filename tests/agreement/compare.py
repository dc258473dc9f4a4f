"""Verdicts on the wire next to those in virtual time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.checks import Finding
from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import Part, run_parts, usable_scenarios
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from seatrial.virtual import VirtualTestbed, run_parts_virtually
from tests.defects.planted import PLANTED, Defect
from tests.defects.run import Found, find, find_in_virtual_time

ROOT = Path(__file__).parents[2]
_EDGE = "card"
Findings = Mapping[str, Finding]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Compared:
    """One check of one scenario on one consumer."""

    consumer: str
    scenario: str
    check: str
    wire: Finding | None
    virtual: Finding | None

    @property
    def is_unclear(self) -> bool:
        """True if the machine was too busy for the wire to decide."""
        return self.wire is not None and self.wire.retryable and not self.agrees

    @property
    def agrees(self) -> bool:
        """True if both say the same."""
        said = [one and one.verdict for one in (self.wire, self.virtual)]
        return None not in said and said[0] == said[1]


def of_reference(names: Sequence[str] = (), say: Say = lambda _: None) -> list[Compared]:
    """Compare the reference system's user edge and its negative controls.

    Args:
        names: of scenarios; without any, all that virtual time can run.
        say: receives what runs.
    """
    virtual = VirtualTestbed(load_config(ROOT / "seatrial.toml", virtual=True), ROOT, _EDGE)
    scenarios = usable_scenarios(ROOT)
    chosen = [scenarios[name] for name in names or scenarios]
    parts = [
        Part(scenario, control, env)
        for scenario in chosen
        if not scenario.lacks(virtual)
        for control, env in [
            (None, {}),
            *((name, control.env) for name, control in virtual.edge.controls.items()),
        ]
    ]
    there = run_parts_virtually(virtual, parts, progress=say)
    with Session() as session, open_engine(session, "embedded") as engine:
        launcher = Launcher(session, load_config(ROOT / "seatrial.toml"), ROOT)
        here = run_parts(WireTestbed(launcher, engine, _EDGE), parts, progress=say)
    for reason in (*there.invalid, *here.invalid):
        say(f"invalid: {reason}")
    found = [{one.part: one.findings for one in batch.runs} for batch in (here, there)]
    return [
        row
        for part in parts
        for row in _rows(
            part.control or "reference",
            part.scenario.name,
            found[0].get(part, {}),
            found[1].get(part, {}),
        )
    ]


def of_defects(defects: Sequence[Defect] = PLANTED, say: Say = lambda _: None) -> list[Compared]:
    """Compare the consumer in which defects are planted, and the same without any."""
    there = {_key(one): one for one in find_in_virtual_time(defects, progress=say)}
    here = {_key(one): one for one in find(defects, progress=say)}
    for one in (*there.values(), *here.values()):
        if one.invalid:
            say(f"invalid: {one.invalid}")
    return [
        row for key, one in here.items() for row in _rows(*key, one.findings, there[key].findings)
    ]


def _key(one: Found) -> tuple[str, str]:
    return one.defect.name if one.defect else "no defect", one.scenario


def _rows(consumer: str, scenario: str, wire: Findings, virtual: Findings) -> Iterable[Compared]:
    checks = dict.fromkeys((*wire, *virtual)) or {"invalid": None}
    for check in checks:
        yield Compared(consumer, scenario, check, wire.get(check), virtual.get(check))


def said(finding: Finding | None) -> str:
    """Return a finding in a line."""
    if finding is None:
        return "invalid"
    if finding.verdict in (Verdict.PASSED, Verdict.SKIPPED):
        return str(finding.verdict)
    return f"{finding.verdict}: {finding.explanation}"
