"""Verdicts on the wire next to those in virtual time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from seatrial.config import load_config
from seatrial.faults import open_engine
from seatrial.results import Verdict
from seatrial.scenarios import BatchRun, Part, load_scenarios, run_parts, usable_scenarios
from seatrial.system import Launcher, Session
from seatrial.testbed import WireTestbed
from seatrial.virtual import VirtualTestbed, run_parts_virtually
from tests.defects.planted import PLANTED, Defect

ROOT = Path(__file__).parents[2]
_DEFECTS = ROOT / "tests/defects"
_AT_ONCE = 6
_TRIES = 3
"""How often the wire may try what it can't decide on a busy machine."""


@dataclass(frozen=True)
class Said:
    """What one of the two says of a check."""

    verdict: str
    explanation: str = ""
    retryable: bool = False

    def __str__(self) -> str:
        """Return it in a line."""
        if self.verdict == Verdict.PASSED:
            return self.verdict
        return f"{self.verdict}: {self.explanation}"


@dataclass(frozen=True)
class Compared:
    """One check of one scenario on one consumer."""

    consumer: str
    scenario: str
    check: str
    wire: Said
    virtual: Said

    @property
    def agrees(self) -> bool:
        """True if both say the same, and could say something."""
        return self.wire.verdict == self.virtual.verdict != "invalid"

    @property
    def is_one_sided(self) -> bool:
        """True if only one could say something.

        With the production's numbers no call outlasts a minute of open time, so a check of such
        calls is skipped; virtual time then says it with the wire's numbers.
        """
        return not self.agrees and Verdict.SKIPPED in (self.wire.verdict, self.virtual.verdict)

    @property
    def is_unclear(self) -> bool:
        """True if the machine was too busy for the wire to decide, or to start a service."""
        cant_say = self.wire.retryable or self.wire.verdict == "invalid"
        return cant_say and not self.agrees and not self.is_one_sided

    @classmethod
    def read(cls, saved: Mapping[str, object]) -> "Compared":
        """Return what `asdict` made a dictionary of."""
        found = dict(saved)
        for side in ("wire", "virtual"):
            values = found[side]
            assert isinstance(values, dict)
            found[side] = Said(**values)
        return cls(**found)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Chunk:
    """A scenario on the consumers of one edge."""

    folder: Path
    edge: str
    scenario: str
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """Its name, among all."""
        return f"{self.folder.name}/{self.edge}/{self.scenario}"


def of_reference(names: Sequence[str] = ()) -> list[Chunk]:
    """Return the chunks of the reference system's user edge and its negative controls.

    Args:
        names: of scenarios; without any, all that virtual time can run.
    """
    virtual = _virtual(ROOT, "card")
    scenarios = usable_scenarios(ROOT)
    consumers: dict[str | None, Mapping[str, str]] = {None: {}}
    consumers |= {name: control.env for name, control in virtual.edge.controls.items()}
    return [
        Chunk(ROOT, "card", name, tuple(Part(one, who, env) for who, env in consumers.items()))
        for name, one in scenarios.items()
        if name in (names or scenarios) and not one.lacks(virtual)
    ]


def of_defects(defects: Sequence[Defect] = PLANTED) -> list[Chunk]:
    """Return the chunks of the consumer in which defects are planted, and of it without any."""
    scenarios = load_scenarios(ROOT / "chaos")
    kinds = dict.fromkeys((one.edge, one.scenario) for one in defects)
    chunks = []
    for edge, scenario in sorted(kinds):
        names = [one.name for one in defects if (one.edge, one.scenario) == (edge, scenario)]
        parts = [Part(scenarios[scenario], None, {})]
        parts += [Part(scenarios[scenario], name, {"DEFECT": name}) for name in names]
        chunks.append(Chunk(_DEFECTS, edge, scenario, tuple(parts)))
    return chunks


def compare(chunks: Sequence[Chunk]) -> Iterator[tuple[Chunk, list[Compared]]]:
    """Run chunks both ways, and yield each with what was said."""
    for place in dict.fromkeys((chunk.folder, chunk.edge) for chunk in chunks):
        virtual, shortened = _virtual(*place), _virtual(*place, shortened=True)
        with _wire(*place) as wire:
            for chunk in chunks:
                if (chunk.folder, chunk.edge) == place:
                    yield chunk, _compared(chunk, wire, virtual, shortened)


def saved(rows: Sequence[Compared]) -> list[dict[str, object]]:
    """Return rows as JSON has them."""
    return [asdict(row) for row in rows]


def _virtual(folder: Path, edge: str, *, shortened: bool = False) -> VirtualTestbed:
    config = load_config(folder / "seatrial.toml", virtual=not shortened)
    return VirtualTestbed(config, folder, edge)


@contextmanager
def _wire(folder: Path, edge: str) -> Iterator[WireTestbed]:
    config = load_config(folder / "seatrial.toml")
    with Session() as session, open_engine(session, "embedded") as engine:
        yield WireTestbed(Launcher(session, config, folder), engine, edge)


def _compared(
    chunk: Chunk, wire: WireTestbed, virtual: VirtualTestbed, shortened: VirtualTestbed
) -> list[Compared]:
    there = _said(chunk.parts, run_parts_virtually(virtual, chunk.parts))
    here = _said(chunk.parts, run_parts(wire, chunk.parts, workers=_AT_ONCE))
    for _ in range(_TRIES - 1):
        late = [
            part
            for part in chunk.parts
            if any(row.is_unclear for row in _rows(part, here[part], there[part]))
        ]
        for part in late:  # one after the other, so that they have the machine for themselves
            here |= _said([part], run_parts(wire, [part], workers=1))
    for part in chunk.parts:
        if any(row.is_one_sided for row in _rows(part, here[part], there[part])):
            there |= _said([part], run_parts_virtually(shortened, [part]))
    return [row for part in chunk.parts for row in _rows(part, here[part], there[part])]


def _said(parts: Sequence[Part], batch: BatchRun) -> dict[Part, dict[str, Said]]:
    found = {
        run.part: {
            check: Said(str(one.verdict), one.explanation, one.retryable)
            for check, one in run.findings.items()
        }
        for run in batch.runs
    }
    nothing = {"": Said("invalid", "; ".join(batch.invalid) or "it did not run")}
    return {part: found.get(part, nothing) for part in parts}


def _rows(part: Part, wire: Mapping[str, Said], virtual: Mapping[str, Said]) -> list[Compared]:
    def of(said: Mapping[str, Said], check: str) -> Said:
        return said.get(check) or said.get("") or Said("invalid", "it has no such check")

    checks = [check for check in dict.fromkeys((*wire, *virtual)) if check] or [""]
    return [
        Compared(
            part.control or "none", part.scenario.name, check, of(wire, check), of(virtual, check)
        )
        for check in checks
    ]
