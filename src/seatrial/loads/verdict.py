"""The verdict of a run under Locust's own command: a summary for a person, and an exit code.

Nothing is known there of what reached a provider, so only what the answers show is judged.
"""

from typing import Any

from seatrial.loads.evidence import LoadEvidence
from seatrial.loads.limits import judge_load
from seatrial.loads.profile import Limits, Profile
from seatrial.loads.record import LoadRun
from seatrial.loads.summary import summary
from seatrial.loads.target import listens
from seatrial.loads.validity import invalid_reasons
from seatrial.results import RunVerdict, Verdict

_SHOWN = (Verdict.PASSED, Verdict.FAILED)


def plain_verdict(result: dict[str, Any], host: str, profile: Profile | None) -> tuple[str, int]:
    """Return the summary, and 0 (kept), 1 (a limit was broken) or 4 (invalid).

    Args:
        result: what the leading process would have written down.
        host: the target's URL.
        profile: its limits are judged; None has none.
    """
    run = LoadRun.from_json(
        result,
        profile=profile.title if profile else "load",
        host=host,
        workers=max(1, len(result["workers"])),
        target_listens=listens(host),
        exit_status=0,
    )
    text = summary(run.stats, run.counts)
    limits = profile.limits if profile else Limits()
    by_phase = profile.phase_limits if profile else {}
    reasons = invalid_reasons(run, limits, *by_phase.values())
    if reasons:
        said = "".join(f"INVALID: {reason}\n" for reason in reasons)
        return text + said, RunVerdict.INVALID.exit_code
    evidence = LoadEvidence(run, None, None, deadline_s=limits.deadline_s)
    checks = [one for one in judge_load(evidence, limits, by_phase) if one.verdict in _SHOWN]
    said = "".join(f"{one.verdict.upper()} {one.id}: {one.explanation}\n" for one in checks)
    failed = any(one.verdict is Verdict.FAILED for one in checks)
    return text + said, (RunVerdict.FAILED if failed else RunVerdict.PASSED).exit_code
