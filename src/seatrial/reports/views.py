"""A result as the page's template needs it: every decision made, no text tamed yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from seatrial.reports.contracts import Documented, PairStrength, documented, kills, strengths
from seatrial.reports.limits import Limits
from seatrial.reports.outline import (
    NOT_SEEN,
    CheckGroup,
    ControlTable,
    Pillar,
    Seen,
    control_tables,
    pillars,
    short_name,
)
from seatrial.reports.pictures import Picture, plot_picture, timeline_picture
from seatrial.results import Check, Facts, Plot, Result, Text, Timeline, Verdict


@dataclass(frozen=True)
class Row:
    """One check, next to what the controls did under it."""

    anchor: str
    check: Check
    name: str
    controls: tuple[Seen, ...]


@dataclass(frozen=True)
class Numbered:
    """A picture and its place among the page's figures."""

    number: int
    picture: Picture


@dataclass(frozen=True)
class Proof:
    """The evidence of one check, besides pictures."""

    check: Check
    name: str
    items: tuple[Facts | Text, ...]
    rerun: str
    """"" where the group says it, or where nobody would want to."""


@dataclass(frozen=True)
class GroupView:
    """One subject in one scenario."""

    group: CheckGroup
    controls: tuple[str, ...]
    rows: tuple[Row, ...]
    pictures: tuple[Numbered, ...]
    proofs: tuple[Proof, ...]
    rerun: str
    """The command that repeats all its checks; "" where they differ."""


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
    counts: tuple[tuple[Verdict, int], ...]


@dataclass(frozen=True)
class Failure:
    """A failed check and where its evidence is."""

    anchor: str
    check: Check


@dataclass(frozen=True)
class Page:
    """All that the template reads."""

    result: Result
    pillars: tuple[PillarView, ...]
    failures: tuple[Failure, ...]
    counts: tuple[tuple[Verdict, int], ...]
    figures: tuple[dict[str, object], ...]


@dataclass
class _Builder:
    """Numbers anchors and pictures while the page is put together."""

    tables: Sequence[ControlTable]
    limits: Limits
    anchors: dict[int, str]
    figures: list[dict[str, object]] = field(default_factory=list)

    def pillar(self, pillar: Pillar) -> PillarView:
        return PillarView(
            pillar,
            self._matrices(pillar) if pillar.key == "contract" else (),
            strengths(pillar.checks),
            documented(pillar.checks),
            tuple(map(self._group, pillar.groups)),
            _counts(pillar.checks),
        )

    def _group(self, group: CheckGroup) -> GroupView:
        own = {id(check) for check in group.checks}
        table = next((t for t in self.tables if any(id(r.correct) in own for r in t.rows)), None)
        seen = {id(row.correct): row.controls for row in table.rows} if table else {}
        absent = (NOT_SEEN,) * (len(table.controls) if table else 0)
        repeats = {check.rerun for check in group.checks}
        shared = repeats.pop() if len(repeats) == 1 else ""
        return GroupView(
            group=group,
            controls=table.controls if table else (),
            rows=tuple(
                Row(self.anchors[id(c)], c, short_name(c), seen.get(id(c), absent))
                for c in group.checks
            ),
            pictures=self._pictures(group.checks),
            proofs=tuple(_proofs(group.checks, shared)),
            rerun=shared,
        )

    def _pictures(self, checks: Iterable[Check]) -> tuple[Numbered, ...]:
        """Each once, however many checks depend on it."""
        found = [e for check in checks for e in check.evidence if isinstance(e, Timeline | Plot)]
        distinct = [e for at, e in enumerate(found) if e not in found[:at]]
        return tuple(map(self._numbered, distinct))

    def _numbered(self, evidence: Timeline | Plot) -> Numbered:
        if isinstance(evidence, Timeline):
            picture = timeline_picture(evidence, self.limits)
        else:
            picture = plot_picture(evidence, self.limits)
        self.figures.append(picture.figure)
        return Numbered(len(self.figures) - 1, picture)

    def _matrices(self, pillar: Pillar) -> tuple[Matrix, ...]:
        pairs: dict[str, list[Check]] = {}
        for check in pillar.checks:
            pairs.setdefault(_pair(check.subject)[0], []).append(check)
        return tuple(self._matrix(pair, checks) for pair, checks in pairs.items())

    def _matrix(self, pair: str, checks: Sequence[Check]) -> Matrix:
        kinds = tuple(dict.fromkeys(map(short_name, checks)))
        cells: dict[str, dict[str, Cell]] = {}
        for check in checks:
            row = cells.setdefault(check.subject, {})
            cell = Cell(self.anchors[id(check)], check.verdict, kills(check))
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


def page(result: Result, limits: Limits) -> Page:
    """Lay out a result.

    Args:
        result: What a command found.
        limits: How much of its evidence is drawn.
    """
    anchors = {id(check): f"check-{number}" for number, check in enumerate(result.checks, 1)}
    builder = _Builder(control_tables(result), limits, anchors)
    shown = tuple(map(builder.pillar, pillars(result)))
    failures = tuple(
        Failure(anchors[id(check)], check)
        for check in result.checks
        if check.verdict is Verdict.FAILED
    )
    return Page(result, shown, failures, _counts(result.checks), tuple(builder.figures))


def _counts(checks: Iterable[Check]) -> tuple[tuple[Verdict, int], ...]:
    verdicts = [check.verdict for check in checks]
    return tuple((v, verdicts.count(v)) for v in Verdict if v in verdicts)


def _proofs(checks: Iterable[Check], shared_rerun: str) -> Iterable[Proof]:
    for check in checks:
        items = tuple(e for e in check.evidence if isinstance(e, Facts | Text))
        is_open = check.verdict in (Verdict.FAILED, Verdict.UNDECIDED)
        repeat = check.rerun if is_open and check.rerun != shared_rerun else ""
        if items or repeat:
            yield Proof(check, short_name(check), items, repeat)


def _pair(subject: str) -> tuple[str, str]:
    """Take "a → b: what" apart; a subject without a pair is all the second part."""
    head, _, rest = subject.partition(": ")
    return (head, rest) if rest and " → " in head else ("", subject)
