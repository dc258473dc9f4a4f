"""Run each planted defect through the scenario that finds it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatrial.checks import Finding
from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import BatchRun, Part, load_scenarios, run_parts
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from seatrial.virtual import VirtualTestbed, run_parts_virtually
from tests.defects.planted import PLANTED, Defect

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_LANES = 6
_TRIES_AGAIN = 4


@dataclass(frozen=True)
class Found:
    """A scenario's finding of one defect; of none, where the consumer is right."""

    defect: Defect | None
    scenario: str
    findings: Mapping[str, Finding]
    invalid: str = ""

    @property
    def failed(self) -> tuple[str, ...]:
        """The checks that failed."""
        return tuple(
            check for check, finding in self.findings.items() if finding.verdict is Verdict.FAILED
        )

    @property
    def is_caught(self) -> bool:
        """Whether its own check failed, and no other."""
        return self.defect is not None and self.failed == (self.defect.check,)

    @property
    def is_open(self) -> bool:
        """Whether its own check, or without a defect any, was left undecided."""
        if self.defect is None:
            return Verdict.UNDECIDED in {one.verdict for one in self.findings.values()}
        own = self.findings.get(self.defect.check)
        return own is None or own.verdict is Verdict.UNDECIDED

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, nor left open."""
        good = (Verdict.PASSED, Verdict.SKIPPED)
        verdicts = {finding.verdict for finding in self.findings.values()}
        return not self.invalid and verdicts <= set(good) and Verdict.PASSED in verdicts


def find(
    defects: Sequence[Defect] = PLANTED,
    *,
    engine: str = "embedded",
    progress: Callable[[str], None] = lambda _: None,
) -> list[Found]:
    """Run each defect's scenario on it, and on the consumer without a defect."""
    found: list[Found] = []
    config = load_config(HERE / "seatrial.toml")
    with Session() as session, open_engine(session, engine) as opened:
        launcher = Launcher(session, config, HERE)
        for name in config.edges:
            own = [defect for defect in defects if defect.edge == name]
            if own:
                found += _on_edge(WireTestbed(launcher, opened, name), own, progress)
    return found


def find_in_virtual_time(
    defects: Sequence[Defect] = PLANTED, *, progress: Callable[[str], None] = lambda _: None
) -> list[Found]:
    """Run the same in virtual time."""
    found: list[Found] = []
    config = load_config(HERE / "seatrial.toml", virtual=True)
    for name in config.edges:
        own = [defect for defect in defects if defect.edge == name]
        if own:
            testbed = VirtualTestbed(config, HERE, name)
            parts = _parts(own)
            batch = run_parts_virtually(testbed, list(parts), progress=progress)
            found += _found(batch, parts).values()
    return found


def _parts(defects: Sequence[Defect]) -> dict[Part, Defect | None]:
    scenarios = load_scenarios(ROOT / "chaos")
    parts: dict[Part, Defect | None] = {
        Part(scenarios[name], None, {}): None for name in dict.fromkeys(d.scenario for d in defects)
    }
    parts |= {
        Part(scenarios[defect.scenario], defect.name, {"DEFECT": defect.name}): defect
        for defect in defects
    }
    return parts


def _on_edge(
    testbed: WireTestbed, defects: Sequence[Defect], progress: Callable[[str], None]
) -> Iterable[Found]:
    parts = _parts(defects)
    found = _told(testbed, parts, _LANES, progress)
    # What was left undecided for want of time runs again, one after the other: it proves nothing.
    for _ in range(_TRIES_AGAIN):
        late = {part: parts[part] for part, one in found.items() if one.is_open}
        if not late:
            break
        found |= _told(testbed, late, 1, progress)
    return found.values()


def _told(
    testbed: WireTestbed,
    parts: Mapping[Part, Defect | None],
    workers: int,
    progress: Callable[[str], None],
) -> dict[Part, Found]:
    batch = run_parts(testbed, list(parts), workers=workers, progress=progress)
    return _found(batch, parts)


def _found(batch: BatchRun, parts: Mapping[Part, Defect | None]) -> dict[Part, Found]:
    if batch.interrupted:
        raise KeyboardInterrupt
    findings = {one.part: one.findings for one in batch.runs}
    missing = "; ".join(batch.invalid) or "it did not run"
    return {
        part: Found(
            defect, part.scenario.name, findings.get(part, {}), "" if part in findings else missing
        )
        for part, defect in parts.items()
    }
