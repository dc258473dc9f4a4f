"""How a result is told: checks by pillar and subject, controls beside whom they stand in for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatrial.results import Check, Comparison, Result, Verdict

_TITLES = {
    "contract": "Contracts",
    "chaos": "Chaos",
    "control": "Negative controls",
    "load": "Load",
}
_GRAVEST_FIRST = (Verdict.FAILED, Verdict.UNDECIDED, Verdict.PASSED, Verdict.SKIPPED)
_WORDS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.UNDECIDED: "undecided",
    Verdict.SKIPPED: "skipped",
}


@dataclass(frozen=True)
class Group:
    """The checks of one subject, in the order of the result."""

    subject: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of its checks."""
        return gravest(check.verdict for check in self.checks)


@dataclass(frozen=True)
class Pillar:
    """The checks whose id begins with one pillar's name."""

    key: str
    title: str
    groups: tuple[Group, ...]

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
    """What one subject did under one check; no verdict where it wasn't put to it."""

    verdict: Verdict | None
    explanation: str


@dataclass(frozen=True)
class ControlRow:
    """One check: the correct subject, then each control."""

    check_id: str
    correct: Seen
    controls: tuple[Seen, ...]


@dataclass(frozen=True)
class ControlTable:
    """One subject beside its negative controls, under the same checks."""

    subject: str
    controls: tuple[str, ...]
    rows: tuple[ControlRow, ...]


def gravest(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that matters most to a reader: failed, undecided, passed, skipped.

    Args:
        verdicts: At least none; of none it is `Verdict.SKIPPED`.
    """
    seen = set(verdicts)
    return next((verdict for verdict in _GRAVEST_FIRST if verdict in seen), Verdict.SKIPPED)


def pillars(result: Result) -> tuple[Pillar, ...]:
    """The result's pillars in the house's order; foreign ones after them, in the result's order."""
    by_key: dict[str, dict[str, list[Check]]] = {key: {} for key in _TITLES}
    for check in result.checks:
        key = check.id.partition(".")[0]
        by_key.setdefault(key, {}).setdefault(check.subject, []).append(check)
    return tuple(
        Pillar(
            key,
            _TITLES.get(key, key.capitalize()),
            tuple(Group(subject, tuple(checks)) for subject, checks in subjects.items()),
        )
        for key, subjects in by_key.items()
        if subjects
    )


def tally(checks: Iterable[Check]) -> str:
    """How many checks had which verdict, as words: ``"12 passed, 1 failed"``."""
    counts = Counter(check.verdict for check in checks)
    return ", ".join(f"{counts[v]} {_WORDS[v]}" for v in Verdict if counts[v]) or "no checks"


def control_table(group: Group, everything: Sequence[Check]) -> ControlTable | None:
    """Lay a group's comparisons side by side.

    A comparison names its checks by their ids, or by the ids' last parts.

    Args:
        group: The subject that was compared.
        everything: All checks of the result, where the correct subject's verdict is looked up when
            the group itself doesn't hold it.

    Returns:
        The table, or None when the group carries no comparison.
    """
    merged: dict[str, dict[str, Seen]] = {}
    for check in group.checks:
        for evidence in check.evidence:
            if isinstance(evidence, Comparison):
                merged.setdefault(evidence.subject, {}).update(_seen(evidence))
    if not merged:
        return None
    ids = dict.fromkeys(check_id for seen in merged.values() for check_id in seen)
    absent = Seen(None, "")
    rows = tuple(
        ControlRow(
            check_id,
            _correct(check_id, group.checks, everything),
            tuple(seen.get(check_id, absent) for seen in merged.values()),
        )
        for check_id in ids
    )
    return ControlTable(group.subject, tuple(merged), rows)


def _seen(comparison: Comparison) -> dict[str, Seen]:
    return {
        check_id: Seen(verdict, comparison.explanations.get(check_id, ""))
        for check_id, verdict in comparison.verdicts.items()
    }


def _correct(check_id: str, near: Sequence[Check], everything: Sequence[Check]) -> Seen:
    for checks in (near, everything):
        exact = [check for check in checks if check.id == check_id]
        found = exact or [check for check in checks if check.id.endswith(f".{check_id}")]
        if found:
            return Seen(gravest(check.verdict for check in found), found[0].explanation)
    return Seen(None, "")
