"""A result next to an earlier one: new failures, fixed, newly undecided, slower."""

import re
from collections import Counter
from collections.abc import Iterator

from seatrial.extras import missing
from seatrial.reports.outline import gravest
from seatrial.results import (
    Changes,
    Check,
    CheckChange,
    FigureChange,
    Result,
    Samples,
    Verdict,
)

_TIME = re.compile(r"(?<!per)(_s|_ms)$|(?<!Per)(?<=[a-z0-9])(S|Ms)$")
"""The end of a time's name, which isn't that of a rate."""
_MUCH = 1.2
_LEAST_S = 0.05
_ORDER = ("new failure", "newly undecided", "no longer tested", "fixed", "new")

Key = tuple[str, str]


def with_changes(old: Result, new: Result) -> Result:
    """Return the newer result with what changed since the older one."""
    before, after = _by_key(old), _by_key(new)
    changes = [
        change
        for key in dict.fromkeys([*after, *before])
        if (change := _change(before.get(key), after.get(key)))
    ]
    still = [key for key in before.keys() & after.keys() if _failed(before[key], after[key])]
    return new.model_copy(
        update={
            "changes": Changes(
                command=old.command,
                started=old.started,
                checks=tuple(sorted(changes, key=lambda change: _ORDER.index(change.kind))),
                still_failed=len(still),
                slower=(*_slower_samples(old, new), *_slower_figures(old, new)),
            )
        }
    )


def change_summary(changes: Changes) -> str:
    """Count the changes by kind, in words."""
    counts = Counter[str](change.kind for change in changes.checks)
    parts = [f"{counts[kind]} {kind}" for kind in _ORDER if counts[kind]]
    parts += [f"{len(changes.slower)} slower"] if changes.slower else []
    parts += [f"{changes.still_failed} still failed"] if changes.still_failed else []
    return ", ".join(parts) or "nothing changed"


def _by_key(result: Result) -> dict[Key, Check]:
    """Return each check, the gravest where several have one name."""
    found: dict[Key, Check] = {}
    for check in result.checks:
        other = found.get((check.id, check.subject), check)
        graver = gravest((other.verdict, check.verdict))
        found[check.id, check.subject] = check if check.verdict is graver else other
    return found


def _failed(*checks: Check) -> bool:
    return all(check.verdict is Verdict.FAILED for check in checks)


def _change(before: Check | None, after: Check | None) -> CheckChange | None:
    was, now = before and before.verdict, after and after.verdict
    if was is now:
        return None
    untested = (None, Verdict.SKIPPED)
    if now is Verdict.FAILED:
        kind = "new failure"
    elif now is Verdict.UNDECIDED:
        kind = "newly undecided"
    elif now in untested:
        kind = "no longer tested"
    else:
        kind = "new" if was in untested else "fixed"
    if was in untested and now in untested:
        return None
    shown = after or before
    assert shown is not None
    return CheckChange.model_validate(
        {
            "kind": kind,
            "id": shown.id,
            "subject": shown.subject,
            "before": was,
            "after": now,
            "explanation": shown.explanation if after else "it isn't in this result",
            "rerun": shown.rerun,
        }
    )


def _slower_figures(old: Result, new: Result) -> Iterator[FigureChange]:
    """Yield times that are much longer; each was measured once, so that it may be chance."""
    for name in old.figures.keys() & new.figures.keys():
        before, after = old.figures[name], new.figures[name]
        unit_s = 0.001 if name.lower().endswith("ms") else 1.0
        longer = after > _MUCH * before and (after - before) * unit_s > _LEAST_S
        if _TIME.search(name) and longer:
            yield FigureChange(subject=new.command, figure=name, before=before, after=after)


def _slower_samples(old: Result, new: Result) -> Iterator[FigureChange]:
    """Yield the figures of repeated load runs that are worse, and surely not by chance."""
    before = {one.what: one for one in _samples(old)}
    pairs = [(before[one.what], one) for one in _samples(new) if one.what in before]
    if not pairs or missing("load"):
        return
    from statistics import fmean

    from seatrial.loads.compare import Difference, compare

    for first, second in pairs:
        for row in compare(first.figures, second.figures):
            if row.difference is Difference.WORSE:
                yield FigureChange(
                    subject=second.subject,
                    figure=row.figure,
                    before=fmean(row.first),
                    after=fmean(row.second),
                    chance=row.chance,
                )


def _samples(result: Result) -> list[Samples]:
    return [one for check in result.checks for one in check.evidence if isinstance(one, Samples)]
