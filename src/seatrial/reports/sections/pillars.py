"""The pillars: contracts as a matrix, scenarios and profiles as cards with their pictures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.reports.contracts import Documented, PairStrength, documented, kills, strengths
from seatrial.reports.outline import (
    NOT_SEEN,
    CheckGroup,
    ControlTable,
    Pillar,
    Seen,
    control_tables,
    pillars,
    severity,
    short_name,
)
from seatrial.reports.pictures import Mark
from seatrial.reports.sections.section import Layout, Numbered, Section
from seatrial.results import Check, Facts, HttpExchange, Plot, Text, Timeline, Verdict

_FEW = 2
"""Groups of a pillar that are all shown unfolded."""


@dataclass(frozen=True)
class Row:
    """One check, next to what the controls did under it."""

    anchor: str
    check: Check
    name: str
    controls: tuple[Seen, ...]


@dataclass(frozen=True)
class Proof:
    """The evidence of a check that didn't fail, besides pictures."""

    check: Check
    name: str
    items: tuple[Facts | Text, ...]
    rerun: str
    """"" where the group says it, or where nobody would want to."""


@dataclass(frozen=True)
class GroupView:
    """One subject in one scenario."""

    group: CheckGroup
    counts: tuple[tuple[Verdict, int], ...]
    controls: tuple[str, ...]
    rows: tuple[Row, ...]
    pictures: tuple[Numbered, ...]
    proofs: tuple[Proof, ...]
    rerun: str
    """The command that repeats all its checks; "" where they differ."""
    unfolded: bool


@dataclass(frozen=True)
class Cell:
    """A check in the matrix; the one with the gravest verdict where there are several."""

    anchor: str
    verdict: Verdict
    note: str = ""
    """A number next to the verdict: the changes that are refused."""


@dataclass(frozen=True)
class MatrixRow:
    """One interaction: what each kind of check says of it."""

    subject: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Interactions of one pair of services by kinds of checks."""

    pair: str
    kinds: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


@dataclass(frozen=True)
class PillarView:
    """One pillar; matrices, and what was measured of contracts, only for contracts."""

    pillar: Pillar
    matrices: tuple[Matrix, ...]
    strengths: tuple[PairStrength, ...]
    documented: tuple[Documented, ...]
    groups: tuple[GroupView, ...]
    """The gravest first."""
    counts: tuple[tuple[Verdict, int], ...]


def lay_out_pillars(layout: Layout) -> tuple[PillarView, ...] | None:
    """Return each pillar that has checks."""
    tables = control_tables(layout.result)
    return tuple(_pillar(layout, tables, one) for one in pillars(layout.result)) or None


def _pillar(layout: Layout, tables: Sequence[ControlTable], pillar: Pillar) -> PillarView:
    groups = sorted(pillar.groups, key=lambda group: severity(group.verdict))
    return PillarView(
        pillar,
        _matrices(layout, pillar) if pillar.key == "contract" else (),
        strengths(pillar.checks),
        documented(pillar.checks),
        tuple(_group(layout, tables, group, few=len(groups) <= _FEW) for group in groups),
        counts_of(pillar.checks),
    )


def _group(
    layout: Layout, tables: Sequence[ControlTable], group: CheckGroup, *, few: bool
) -> GroupView:
    own = {id(check) for check in group.checks}
    table = next((t for t in tables if any(id(r.correct) in own for r in t.rows)), None)
    seen = {id(row.correct): row.controls for row in table.rows} if table else {}
    absent = (NOT_SEEN,) * (len(table.controls) if table else 0)
    reruns = {check.rerun for check in group.checks}
    shared = reruns.pop() if len(reruns) == 1 else ""
    return GroupView(
        group=group,
        counts=counts_of(group.checks),
        controls=table.controls if table else (),
        rows=tuple(
            Row(layout.anchor(c), c, short_name(c), seen.get(id(c), absent)) for c in group.checks
        ),
        pictures=_pictures(layout, group.checks),
        proofs=tuple(_proofs(group.checks, shared)),
        rerun=shared,
        unfolded=few or group.verdict is Verdict.FAILED,
    )


def _pictures(layout: Layout, checks: Sequence[Check]) -> tuple[Numbered, ...]:
    """Each once, however many checks depend on it, with the moments that failed checks show."""
    found = [e for check in checks for e in check.evidence if isinstance(e, Timeline | Plot)]
    distinct = [e for at, e in enumerate(found) if e not in found[:at]]
    marks = [
        Mark(one.at_s, short_name(check))
        for check in checks
        for one in check.evidence
        if isinstance(one, HttpExchange)
    ]
    return tuple(filter(None, (layout.draw(one, marks) for one in distinct)))


def _matrices(layout: Layout, pillar: Pillar) -> tuple[Matrix, ...]:
    pairs: dict[str, list[Check]] = {}
    for check in pillar.checks:
        pairs.setdefault(_pair(check.subject)[0], []).append(check)
    return tuple(_matrix(layout, pair, checks) for pair, checks in pairs.items())


def _matrix(layout: Layout, pair: str, checks: Sequence[Check]) -> Matrix:
    kinds = tuple(dict.fromkeys(map(short_name, checks)))
    cells: dict[str, dict[str, Cell]] = {}
    for check in checks:
        row = cells.setdefault(check.subject, {})
        cell = Cell(layout.anchor(check), check.verdict, kills(check))
        before = row.get(short_name(check))
        if before is None or check.verdict is Verdict.FAILED:
            row[short_name(check)] = cell
    return Matrix(
        pair,
        kinds,
        tuple(
            MatrixRow(_pair(subject)[1], tuple(row.get(kind) for kind in kinds))
            for subject, row in cells.items()
        ),
    )


def counts_of(checks: Iterable[Check]) -> tuple[tuple[Verdict, int], ...]:
    """Return how many checks have each verdict, without those that none has."""
    verdicts = [check.verdict for check in checks]
    return tuple((v, verdicts.count(v)) for v in Verdict if v in verdicts)


def _proofs(checks: Iterable[Check], shared_rerun: str) -> Iterable[Proof]:
    for check in checks:
        if check.verdict is Verdict.FAILED:
            continue  # all of it stands in its card among the failures
        items = tuple(e for e in check.evidence if isinstance(e, Facts | Text))
        is_open = check.verdict is Verdict.UNDECIDED
        repeat = check.rerun if is_open and check.rerun != shared_rerun else ""
        if items or repeat:
            yield Proof(check, short_name(check), items, repeat)


def _pair(subject: str) -> tuple[str, str]:
    """Take "a → b: what" apart; a subject without a pair is all the second part."""
    head, _, rest = subject.partition(": ")
    return (head, rest) if rest and " → " in head else ("", subject)


PILLARS = Section("pillars", lay_out_pillars)
