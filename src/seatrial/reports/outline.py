"""The order of a result: by pillar and scenario, with controls next to whom they stand in for."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os.path import commonprefix

from seatrial.results import Check, Comparison, Result, Verdict

_TITLES = {
    "contract": "Contracts",
    "chaos": "Chaos",
    "control": "Negative controls",
    "load": "Load",
    "doctor": "Doctor",
}
_GRAVEST_FIRST = (Verdict.FAILED, Verdict.UNDECIDED, Verdict.PASSED, Verdict.SKIPPED)


@dataclass(frozen=True)
class CheckGroup:
    """The checks of one subject in one scenario, in the order of the result."""

    subject: str
    scenario: str
    """The middle of "chaos.provider_down.opens", "" where an id has only two parts."""
    checks: tuple[Check, ...]

    @property
    def title(self) -> str:
        """Subject and scenario in one line."""
        return f"{self.subject} · {self.scenario}" if self.scenario else self.subject

    @property
    def verdict(self) -> Verdict:
        """The gravest of its checks."""
        return gravest(check.verdict for check in self.checks)


@dataclass(frozen=True)
class Pillar:
    """The checks whose id begins with one pillar's name."""

    key: str
    title: str
    groups: tuple[CheckGroup, ...]

    @property
    def checks(self) -> tuple[Check, ...]:
        """All of them, group after group."""
        return tuple(check for group in self.groups for check in group.checks)

    @property
    def verdict(self) -> Verdict:
        """The gravest of its checks."""
        return gravest(check.verdict for check in self.checks)


@dataclass(frozen=True)
class Seen:
    """One subject under one check; no verdict where it wasn't put to it."""

    verdict: Verdict | None
    explanation: str


NOT_SEEN = Seen(None, "")


@dataclass(frozen=True)
class ControlRow:
    """One check: the correct subject, then each control."""

    name: str
    """As the controls' comparisons call it."""
    correct: Check | None
    controls: tuple[Seen, ...]


@dataclass(frozen=True)
class ControlTable:
    """One subject next to its negative controls, under the same checks."""

    subject: str
    """The correct one; "" when none of the checks was put to it."""
    controls: tuple[str, ...]
    rows: tuple[ControlRow, ...]


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that matters most to a reader: failed, undecided, passed, skipped.

    Args:
        verdicts: May be none; of none it is `Verdict.SKIPPED`.
    """
    return min(verdicts, key=severity, default=Verdict.SKIPPED)


def severity(verdict: Verdict) -> int:
    """Return a verdict's place among them, the gravest first."""
    return _GRAVEST_FIRST.index(verdict)


def pillars(result: Result) -> tuple[Pillar, ...]:
    """The result's pillars in the house's order; foreign ones after them, in the result's order."""
    by_key: dict[str, dict[tuple[str, str], list[Check]]] = {key: {} for key in _TITLES}
    for check in result.checks:
        key, _, rest = check.id.partition(".")
        scenario = rest.rpartition(".")[0]
        by_key.setdefault(key, {}).setdefault((check.subject, scenario), []).append(check)
    return tuple(
        Pillar(
            key,
            _TITLES.get(key, key.capitalize()),
            tuple(CheckGroup(*place, tuple(checks)) for place, checks in groups.items()),
        )
        for key, groups in by_key.items()
        if groups
    )


def short_name(check: Check) -> str:
    """Return the last part of a check's id, which sets it apart from its neighbours in a group."""
    return check.id.rpartition(".")[2]


def summary(checks: Iterable[Check]) -> str:
    """Count checks by verdict, in words: ``"12 passed, 1 failed"``."""
    counts = Counter(check.verdict for check in checks)
    return ", ".join(f"{counts[v]} {v}" for v in Verdict if counts[v]) or "no checks"


def control_tables(result: Result) -> tuple[ControlTable, ...]:
    """Lay the result's comparisons next to the subjects whose place the controls took.

    A comparison names a check by its id or by the id's end, with "." or "/" between the parts.
    """
    tables: dict[str, dict[str, dict[str, Seen]]] = {}
    for check, comparison in _comparisons(result):
        home = next(
            (one.subject for name in comparison.verdicts for one in _named(result, name, check)), ""
        )
        tables.setdefault(home, {}).setdefault(comparison.subject, {}).update(_seen(comparison))
    return tuple(_table(result, home, controls) for home, controls in tables.items())


def _comparisons(result: Result) -> Iterator[tuple[Check, Comparison]]:
    for check in result.checks:
        for evidence in check.evidence:
            if isinstance(evidence, Comparison):
                yield check, evidence


def _named(result: Result, name: str, near: Check) -> list[Check]:
    """The checks with this name, those of the subject most like another check's first."""
    wanted = name.replace("/", ".")
    found = [
        check
        for check in result.checks
        if check.id == wanted or check.id.endswith(f".{wanted}")
        if not check.id.startswith("control.")
    ]
    return sorted(found, key=lambda check: -_likeness(check.subject, near.subject))


def _likeness(one: str, other: str) -> int:
    return len(commonprefix([one, other]))  # noqa: RUF071 - characters are meant, not a path's parts


def _seen(comparison: Comparison) -> dict[str, Seen]:
    return {
        name: Seen(verdict, comparison.explanations.get(name, ""))
        for name, verdict in comparison.verdicts.items()
    }


def _table(result: Result, home: str, controls: dict[str, dict[str, Seen]]) -> ControlTable:
    own = result.model_copy(
        update={"checks": tuple(check for check in result.checks if check.subject == home)}
    )
    rows = []
    for name in dict.fromkeys(name for seen in controls.values() for name in seen):
        found = _named(own, name, own.checks[0]) if own.checks else []
        cells = tuple(seen.get(name, NOT_SEEN) for seen in controls.values())
        rows.append(ControlRow(name, found[0] if found else None, cells))
    return ControlTable(home, tuple(controls), tuple(rows))
