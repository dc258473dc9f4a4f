"""What a run must keep: each limit is a pure function from a part of the run to a check.

What isn't declared isn't judged, and one check says what that is.
"""

from collections.abc import Mapping

from seatrial.loads.evidence import LoadEvidence, RunPart
from seatrial.loads.limits.cache import (
    entries_expire,
    hit_ratio,
    hits_beat_misses,
    stays_fresh,
    upstream_over_oracle,
)
from seatrial.loads.limits.check import Limit, check, passes, undeclared
from seatrial.loads.limits.service import amplification, errors, goodput, hit_p99, recovery
from seatrial.loads.profile import STANDARD, Limits
from seatrial.results import Check, Verdict

__all__ = ["LIMITS", "Limits", "judge_load"]

LIMITS: Mapping[str, Limit] = {
    "hit-ratio": hit_ratio,
    "errors": errors,
    "upstream-over-oracle": upstream_over_oracle,
    "entries-expire": entries_expire,
    "hits-beat-misses": hits_beat_misses,
    "hit-p99": hit_p99,
    "stays-fresh": stays_fresh,
    "goodput": goodput,
    "amplification": amplification,
    "recovery": recovery,
}
"""By the last part of their checks' ids."""


def judge_load(
    evidence: LoadEvidence,
    limits: Limits | None = None,
    phase_limits: Mapping[str, Limits] | None = None,
) -> tuple[Check, ...]:
    """Judge a valid run (see `validity`) as a whole, and each phase that has limits of its own.

    A phase's limits may also be declared for the times `before`, `during` and `after` the faults.
    """
    whole = evidence.whole
    found = _judge(whole, limits or STANDARD)
    checks = [one for one in found if not undeclared(one)]
    for name, own in (phase_limits or {}).items():
        checks += [one for one in _judge(evidence.part(name), own) if not undeclared(one)]
    if left := ", ".join(_name(one) for one in found if undeclared(one)):
        text = f"no limit is declared for: {left}"
        checks.append(check(whole, "not-declared", Verdict.SKIPPED, text))
    checks += [check(whole, one.name, passes(one.kept), one.text) for one in evidence.run.assertions]
    return tuple(checks)


def _name(found: Check) -> str:
    return found.id.rpartition(".")[2]


def _judge(part: RunPart, limits: Limits) -> list[Check]:
    return [limit(part, limits) for limit in LIMITS.values()]
