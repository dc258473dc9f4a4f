"""A limit's verdict as a check."""

from collections.abc import Mapping

from seatrial.loads.evidence import RunPart
from seatrial.results import Check, Facts, Verdict

_UNDECLARED = "no such limit is declared"


def check(
    part: RunPart,
    name: str,
    verdict: Verdict,
    text: str,
    facts: Mapping[str, float] | None = None,
) -> Check:
    """Return a check named load.NAME, or load.PHASE.NAME for a part."""
    evidence = part.evidence
    return Check(
        id=f"load.{part.name}.{name}" if part.name else f"load.{name}",
        subject=evidence.subject or evidence.run.profile,
        verdict=verdict,
        explanation=text,
        evidence=(Facts(values=dict(facts)),) if facts else (),
        rerun=evidence.rerun,
    )


def passes(kept: bool) -> Verdict:
    """Return passed or failed."""
    return Verdict.PASSED if kept else Verdict.FAILED


def not_declared(part: RunPart, name: str) -> Check:
    """Skip what wasn't promised."""
    return check(part, name, Verdict.SKIPPED, _UNDECLARED)


def undeclared(found: Check) -> bool:
    """Return whether a check says only that its limit isn't declared."""
    return found.verdict is Verdict.SKIPPED and found.explanation == _UNDECLARED


def no_ttl(part: RunPart, name: str) -> Check:
    """Skip what needs an oracle, which needs a declared time to live."""
    return check(part, name, Verdict.SKIPPED, "the cache's time to live isn't declared")


def unseen(part: RunPart, name: str) -> Check:
    """Leave undecided what needs the origin's side, which is missing."""
    text = "nothing counted what reached the origin; put a tap in front of it"
    return check(part, name, Verdict.UNDECIDED, text)


def undecided(part: RunPart, name: str, text: str) -> Check:
    """Leave undecided what this run doesn't show."""
    return check(part, name, Verdict.UNDECIDED, text)
