"""Limits of a run: each is a pure function from a part of the run to a check.

What isn't declared isn't judged, and one check says what that is. A limit's author imports from
here alone; a module that `plugins` in seatrial.toml names registers it:

    @limit("slow-answers")
    def slow_answers(part: RunPart, limits: Limits) -> Check:
        if "slow-answers" not in limits.extra:
            return not_declared(part, "slow-answers")
        slow, most = part.sent - part.in_time(1.0), limits.extra["slow-answers"]
        text = f"{slow} of {part.sent} took longer than 1 s; at most {most:.0%} may"
        return check(part, "slow-answers", passes(slow <= most * part.sent), text)
"""

from collections.abc import Mapping

from seatrial.loads.evidence import LoadEvidence, RunPart
from seatrial.loads.limits import cache, service  # noqa: F401 - they register their limits
from seatrial.loads.limits.check import check, not_declared, passes, undecided, undeclared
from seatrial.loads.limits.registry import LIMITS, check_extra, limit
from seatrial.loads.profile import STANDARD, Limits
from seatrial.results import Check, Declared, Verdict

__all__ = [
    "LIMITS",
    "Check",
    "Limits",
    "RunPart",
    "Verdict",
    "check",
    "check_extra",
    "judge_load",
    "limit",
    "not_declared",
    "passes",
    "undecided",
]


def judge_load(
    evidence: LoadEvidence,
    limits: Limits | None = None,
    phase_limits: Mapping[str, Limits] | None = None,
) -> tuple[Check, ...]:
    """Judge a valid run (see `validity`) as a whole, and each phase that has limits of its own.

    A phase's limits may also be declared for the times `before`, `during` and `after` the faults.

    Raises:
        UsageError: a limit that is declared isn't registered.
    """
    check_extra(limits or STANDARD, *(phase_limits or {}).values())
    whole = evidence.whole
    found = _judge(whole, limits or STANDARD)
    checks = [one for one in found if not undeclared(one)]
    for name, own in (phase_limits or {}).items():
        checks += [one for one in _judge(evidence.part(name), own) if not undeclared(one)]
    if left := ", ".join(_name(one) for one in found if undeclared(one)):
        text = f"no limit is declared for: {left}"
        checks.append(check(whole, "not-declared", Verdict.SKIPPED, text))
    checks += [
        check(whole, one.name, passes(one.kept), one.text) for one in evidence.run.assertions
    ]
    declared = _declared(limits or STANDARD)
    return tuple(
        one.model_copy(update={"declared": declared}) if one.verdict is Verdict.FAILED else one
        for one in checks
    )


def _declared(limits: Limits) -> dict[str, Declared]:
    """Return the limits that are set, as a profile names them."""
    return {
        f"limits.{name}": value
        for name, value in limits.model_dump(exclude={"extra"}, exclude_none=True).items()
    } | {f"limits.extra.{name}": value for name, value in limits.extra.items()}


def _name(found: Check) -> str:
    return found.id.rpartition(".")[2]


def _judge(part: RunPart, limits: Limits) -> list[Check]:
    return [judge(part, limits) for judge in LIMITS.values()]
